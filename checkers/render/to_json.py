"""`Report` → JSON."""

from __future__ import annotations

import json

from checkers.result import Report


def as_json(report: Report) -> str:
    """The report as the stable JSON form, one document."""
    return json.dumps(report.to_json(), indent=2, ensure_ascii=False)
