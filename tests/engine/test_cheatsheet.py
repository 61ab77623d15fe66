"""The cheat sheet's calls are those that a real docker command line makes of a real engine."""

from __future__ import annotations

import docker
import pytest

from course.cheatsheet import record, stored
from course.engine.listing import list_images

pytestmark = pytest.mark.engine


def test_the_sheet_is_what_the_tape_says_and_nothing_is_left(client: docker.DockerClient) -> None:
    live, kept = record(), stored()
    of_now = {one.run: set(one.calls) for section in live.sections for one in section.commands}
    of_then = {one.run: set(one.calls) for section in kept.sections for one in section.commands}
    if live.versions["api"] == kept.versions["api"]:
        assert of_now == of_then
    else:  # other versions may ask in other ways, but never for nothing
        assert {run for run, calls in of_now.items() if calls} == {
            run for run, calls in of_then.items() if calls
        }
    left = [one["Names"][0] for one in client.api.containers(all=True)]
    left += [one["Name"] for one in client.api.networks()]
    left += [one["Name"] for one in client.api.volumes()["Volumes"] or ()]
    left += [tag for one in list_images(client.api, "sheet*") for tag in one["RepoTags"] or ()]
    assert [name for name in left if name.lstrip("/").startswith("sheet")] == []
