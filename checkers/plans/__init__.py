"""One file a chapter: which rules, in which order, an exercise asks for. `PLANS` maps exercise to plan."""

from __future__ import annotations

import importlib

from checkers.plans.base import Plan
from course.errors import ManifestError


def plan_for(exercise_id: str) -> Plan:
    """The plan of an exercise. Raises ManifestError if there is none."""
    name = f"checkers.plans.chapter_{exercise_id[:2]}"
    try:
        plans: dict[str, Plan] = importlib.import_module(name).PLANS
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        plans = {}
    if exercise_id not in plans:
        raise ManifestError(f"No plan in {name} says how {exercise_id} is checked.")
    return plans[exercise_id]


__all__ = ["Plan", "plan_for"]
