"""Looks at everything that the course relies on, and names the remedy for what is missing."""

from __future__ import annotations

import docker

from course.doctor import engine as engine_checks
from course.doctor import machine
from course.doctor.report import Check, Diagnosis
from course.engine.address import Address
from course.engine.connect import connect
from course.engine.describe import describe
from course.engine.find import find_engine
from course.errors import CourseError

__all__ = ["Check", "Diagnosis", "diagnose"]


def diagnose() -> Diagnosis:
    """Looks at everything, in about a second. Raises nothing: what can't be told is a check that isn't ok."""
    here = [*machine.tools(), *machine.local()]
    try:
        address = find_engine()
        client = connect(address)
    except CourseError as error:
        return Diagnosis(None, (engine_checks.no_engine(error), *here))
    try:
        return _with_engine(client, address, here)
    except CourseError as error:  # it stopped while it was asked
        return Diagnosis(None, (engine_checks.no_engine(error), *here))
    finally:
        client.close()


def _with_engine(client: docker.DockerClient, address: Address, here: list[Check]) -> Diagnosis:
    engine = describe(client, address)
    checks = (
        engine_checks.reachable(engine, address),
        engine_checks.api(engine),
        engine_checks.store(engine),
        engine_checks.cgroup(engine),
        engine_checks.memory(engine),
        engine_checks.disk(engine, address),
        engine_checks.gateway(address),
        engine_checks.images(client),
    )
    return Diagnosis(engine, (*checks, *here))
