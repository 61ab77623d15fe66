"""`course cheatsheet`: one printable page of commands and their API calls."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from course.cli.console import TerminalSteps, err, print_json
from course.errors import InputError

_DEFAULT = "docker-cheatsheet.html"


@click.command(name="cheatsheet")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=_DEFAULT)
@click.option("--live", is_flag=True, help="Record the calls now, with your docker command line and engine.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the commands and their calls, and write no file."
)
def command(file: Path, live: bool, as_json: bool) -> None:
    """Write a page of docker commands, each beside the Engine API calls that it makes.

    The calls are what a gateway saw when the commands were typed. FILE ends in .html (the default is
    docker-cheatsheet.html) or in .pdf, which a Chromium, Chrome or Edge of this machine prints.

    \b
    Examples:
      course cheatsheet
      course cheatsheet sheet.pdf
      course cheatsheet --live            as your own versions do it; takes half a minute
      course cheatsheet --json | jq '.calls["docker run -d --name web nginx:1.26"]'
    """  # fmt: skip
    # It loads the gateway and docker-py, which `course --help` should not wait for.
    from course.cheatsheet import page, record, stored, to_json, to_pdf

    if file.suffix not in {".html", ".pdf"}:
        raise InputError(f"{file} is neither .html nor .pdf.", hint=f"Run: course cheatsheet {_DEFAULT}")
    sheet = record(TerminalSteps()) if live else stored()
    if as_json:
        print_json(to_json(sheet))
        return
    try:
        if file.suffix == ".html":
            file.write_text(page(sheet), encoding="utf-8")
        else:
            with tempfile.TemporaryDirectory(prefix="course-sheet-") as folder:
                html = Path(folder) / "sheet.html"
                html.write_text(page(sheet), encoding="utf-8")
                to_pdf(html, file)
    except OSError as error:
        raise InputError(f"{file} can't be written: {error.strerror}.", hint="Name another file.") from error
    err().print(f"Wrote {file}.")
