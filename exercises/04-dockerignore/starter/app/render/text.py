"""Reports as plain text."""

from pathlib import Path

TEMPLATE = (Path(__file__).parent / "report.txt").read_text(encoding="utf-8")


def report(station, celsius, reader):
    return TEMPLATE.format(station=station, celsius=celsius, reader=reader)
