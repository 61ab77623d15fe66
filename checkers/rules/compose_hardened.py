"""What a Compose project says of a service beyond its image: which image that is, what it may write, use and
become."""

from __future__ import annotations

from typing import Any

from checkers.attempt import Attempt
from checkers.compose.lines import place
from checkers.compose.project import NotUp, Project, prepared, standing
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import Running

_NO_NEW = {"no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"}


def running(service: str) -> Any:
    """For rules that look at a container: the first of the service, in the project that is up."""

    def start(attempt: Attempt) -> Running:
        project: Project = standing(attempt)
        found = project.containers(service)
        if not found:
            raise NotUp(f"The service {service} has no container.", detail=project.story())
        return found[0]

    return start


def own_image(service: str) -> Rule:
    """The service runs the image that the Dockerfile of the folder makes, at which other rules look."""

    def check(attempt: Attempt) -> Outcome:
        image, built = prepared(attempt)[1].get(service), attempt.build()
        ids = attempt.client.images
        if image and (image.tag == built.tag or ids.get(image.tag).id == ids.get(built.tag).id):
            return passed(f"{service} runs what the Dockerfile makes.")
        return wrong(
            f"{service} doesn't run the image that the Dockerfile makes."
            if image
            else f"The project has no service {service}.",
            "The checks of the image build the folder's Dockerfile to its end, without arguments: `build: .`",
            **place(attempt, "services", service, "build"),
        )

    return Rule("own-image", f"{service} runs the image of the Dockerfile", check, needs=("builds",))


def read_only_root(service: str) -> Rule:
    """The service's containers can't write to their own files. That it works so, `answers` says."""

    def check(attempt: Attempt) -> Outcome:
        container = running(service)(attempt)
        if container.inspect()["HostConfig"].get("ReadonlyRootfs"):
            return passed(f"The root of {service} is read-only.")
        return wrong(
            f"{service} can write to all its files, its program too.",
            "A key of the service makes its root read-only. What must be written needs a volume or a tmpfs.",
            **place(attempt, "services", service),
        )

    return Rule("read-only", f"{service} runs with a read-only root", check, needs=("answers",))


def no_new_privileges(service: str) -> Rule:
    """The service asks for it. A check gives it to every container, so the file is looked at."""

    def check(attempt: Attempt) -> Outcome:
        asked = {str(one).replace(" ", "") for one in _service(attempt, service).get("security_opt") or ()}
        if asked & _NO_NEW:
            return passed(f"No program of {service} wins new privileges.")
        return wrong(
            f"A program with the set-user-id bit makes whoever runs it in {service} root again.",
            "One of the options under `security_opt:` closes that way.",
            **place(attempt, "services", service, "security_opt"),
        )

    return Rule("no-new-privileges", f"{service} can't become more", check, needs=("builds",))


def memory_limits(*services: str) -> Rule:
    """Each of the services has a limit of memory, of either spelling."""

    def check(attempt: Attempt) -> Outcome:
        for service in services:
            told = _service(attempt, service)
            limits = ((told.get("deploy") or {}).get("resources") or {}).get("limits") or {}
            if not any(float(str(one or 0)) > 0 for one in (told.get("mem_limit"), limits.get("memory"))):
                return wrong(
                    f"{service} may take all memory of the machine, and the others with it.",
                    "A key of the service sets its limit; without a unit it counts bytes.",
                    **place(attempt, "services", service),
                )
        return passed("Each service has a limit of memory.")

    return Rule("limits", "Each service has a limit of memory", check, needs=("builds",))


def _service(attempt: Attempt, service: str) -> dict[str, Any]:
    found: dict[str, Any] = prepared(attempt)[0]["services"].get(service) or {}
    return found
