"""Runs the benchmarks, prints a table and writes build/bench.json: figures beside targets, no verdict."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import inspect
import json
import os
import pkgutil
import platform
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

import bench
from bench._measure import Skipped
from course.engine.connect import connect
from course.errors import InputError


def main() -> None:
    names = sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if module.name[0] != "_")
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"some of: {', '.join(names)} (default: all)"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="ID",
        help="this exercise alone (verdict, recheck), or this chapter (lessons, as 06)",
    )
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"))
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(names)
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    console = Console()
    figures: dict[str, float] = {}
    skipped: dict[str, str] = {}
    table = Table("benchmark", "figure", "value", "target")
    for name in arguments.names or names:
        console.print(f"  … {name}", style="dim")
        module = importlib.import_module(f"bench.{name}")
        try:
            in_parts = inspect.signature(module.run).parameters
            measured = module.run(arguments.only) if in_parts else module.run()
        except InputError as error:
            parser.error(f"{error} {error.hint}")
        except Skipped as reason:
            skipped[name] = str(reason)
            console.print(f"  {name} is skipped: it {reason}")
            continue
        for figure, value in measured.items():
            figures[f"{name}.{figure}"] = value
            table.add_row(name, figure, f"{value:.3f}", getattr(module, "TARGETS", {}).get(figure, ""))
    console.print(table)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    report = {"machine": machine(), "figures": figures, "skipped": skipped}
    arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    console.print(f"Written to {arguments.out}")


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    with contextlib.closing(connect()) as client:
        engine = client.version()["Version"]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpus": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "engine": engine,
    }


if __name__ == "__main__":
    main()
