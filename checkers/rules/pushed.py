"""An image is pushed by one script and started by another, on a machine that has only the learner's folder,
after every tag of the registry has been moved to another image."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from docker.errors import NotFound

from checkers.attempt import Attempt
from checkers.registry.shop import Shop
from checkers.rules.base import Outcome, Rule, passed, wrong
from checkers.running import Running
from checkers.session import Ended, Session
from checkers.tar import packed
from course.registries import Kind, Store

_SPEAK_SECONDS = 10.0


@dataclass(frozen=True)
class Goods:
    """An image of the check's own: `name` as the engine knows it, and what it is told by."""

    name: str
    layers: tuple[str, ...]
    words: str  # what it says when it is started


@dataclass(frozen=True)
class Story:
    """What the scripts did. `pushed`: tags that lead to the right image; `seen`: all tags of the registry."""

    good: Goods
    other: Goods
    publish: Ended
    seen: tuple[str, ...]
    pushed: tuple[str, ...]
    deploy: Ended | None
    box: Running | None


def rules(
    base: str, image: str, publish: str, deploy: str, container: str, speaks: tuple[str, str]
) -> tuple[Rule, ...]:
    """The rules: the push, the start, and what was started. The check makes `image` ("menu:1.4") on `base`;
    `speaks` are the file in it that is shown and the command that shows it."""

    def story(attempt: Attempt) -> Story:
        return attempt.once(
            "a push", lambda: _story(attempt, base, image, publish, deploy, container, speaks)
        )

    def pushes(attempt: Attempt) -> Outcome:
        found = story(attempt)
        if found.publish.code:
            return _ended(publish, found.publish)
        if not found.seen:
            return wrong(
                f"After {publish} there is no image in the registry.",
                "docker tag gives an image one more name, on this machine. docker push NAME sends it where "
                "NAME says.",
                evidence=found.publish.output,
            )
        if not found.pushed:
            return wrong(
                f"What {publish} has pushed isn't {image}.",
                f"docker tag takes two names: {image}, and the one that it shall have in the registry.",
                evidence=f"In the registry: {', '.join(found.seen)}",
            )
        return passed(f"{image} is in the registry, as {', '.join(found.pushed)}.")

    def deploys(attempt: Attempt) -> Outcome:
        found = story(attempt)
        assert found.deploy is not None, "the rule before has passed"  # noqa: S101
        if found.deploy.code:
            return _ended(deploy, found.deploy)
        if found.box is None:
            return wrong(
                f"{deploy} leaves no container {container}.",
                "Without --name docker makes a name up.",
                evidence=found.deploy.output,
            )
        if not found.box.state()["Running"]:
            return wrong(
                f"The container {container} {found.box.ending()}.",
                "A container lives as long as its command. The image brings the right one.",
                misconception="M09",
                evidence=found.box.logs(),
            )
        return passed(f"{deploy} leaves {container} running.")

    def same(attempt: Attempt) -> Outcome:
        found = story(attempt)
        assert found.box is not None, "the rule before has passed"  # noqa: S101
        layers = _layers(attempt, str(found.box.inspect()["Image"]))
        if layers == found.other.layers:
            return wrong(
                f"{deploy} starts another image than {publish} has published.",
                "Between the two scripts the check has moved every tag of the registry to another image, "
                "as a colleague may do any day. A tag is looked up when it is used. What names the image "
                "itself?",
                evidence=f"Tags that were moved: {', '.join(found.seen)}",
                expected="the image that was published, whatever its tags name today",
            )
        box, words = found.box, found.good.words
        if layers != found.good.layers or not box.until(lambda: words in box.logs(), _SPEAK_SECONDS):
            return wrong(
                f"The container {container} doesn't do what {image} does.",
                f"Start the image that {publish} has pushed, with its own command.",
                evidence=box.logs(),
            )
        return passed("The very image that was published runs, though its tags name another one now.")

    return (
        Rule("pushes", f"{publish} pushes {image} to the registry", pushes),
        Rule(
            "deploys",
            f"{deploy} starts {container} on a machine that has only the folder",
            deploys,
            ("pushes",),
        ),
        Rule("same", "It is the image that was published, after its tags have moved", same, ("deploys",)),
    )


def _story(
    attempt: Attempt,
    base: str,
    image: str,
    publish: str,
    deploy: str,
    container: str,
    speaks: tuple[str, str],
) -> Story:
    shop = Shop(attempt)
    session = Session(attempt, (base,), registry=shop.host)
    local = session.names.real(image)
    with ThreadPoolExecutor(2) as pool:  # meanwhile the registry starts
        made = [
            pool.submit(_goods, attempt, base, name, words, speaks)
            for name, words in ((local, "good"), (f"{attempt.name}-other:1", "other"))
        ]
        good, other = (one.result() for one in made)
    session.names.tags.add(image)
    shop.ready()
    given = {"REGISTRY": shop.host}
    first = session.run(publish, given)
    store = shop.store
    seen = tuple(store.tags)
    pushed = tuple(tag for tag in seen if good.layers in _kept(store, tag))
    if first.code or not pushed:
        return Story(good, other, first, seen, pushed, None, None)
    session.clear()  # another machine, and another day
    shop.move(seen, other.name)
    shop.forget()
    with contextlib.suppress(NotFound):  # the script may have removed it
        attempt.client.api.remove_image(local, force=True)
    second = session.run(deploy, given)
    return Story(good, other, first, seen, pushed, second, session.box(container))


def _kept(store: Store, tag: str) -> set[tuple[str, ...]]:
    """The layers of each image that a tag leads to: of one, or of an index's."""
    reached = (store.blobs[digest] for digest in store.reached([store.tags[tag]]))
    return {blob.layers for blob in reached if blob.kind is Kind.CONFIG}


def _goods(attempt: Attempt, base: str, name: str, kind: str, speaks: tuple[str, str]) -> Goods:
    """An image that differs from any other by one file."""
    path, command = speaks
    words = f"{kind} {attempt.word}"
    attempt.owns.image(name)
    maker = attempt.create(base, ["true"])
    maker.put_archive("/", packed({path.lstrip("/"): f"{words}\n".encode()}))
    maker.commit(*name.split(":"), changes=[f"CMD {command}"])
    maker.remove(force=True)
    return Goods(name, _layers(attempt, name), words)


def _layers(attempt: Attempt, image: str) -> tuple[str, ...]:
    found: Any = attempt.client.images.get(image).attrs
    return tuple(found["RootFS"].get("Layers") or ())


def _ended(script: str, ended: Ended) -> Outcome:
    return wrong(
        f"{script} ends with exit code {ended.code}.",
        "The first line of the output that tells of an error is the one to look at.",
        evidence=ended.output,
    )
