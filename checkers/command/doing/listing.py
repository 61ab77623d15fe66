"""docker ps, docker network ls, docker volume ls, docker images.

On a real machine a list shows others' things, too. Here it shows one of somebody else's, made up: a script
that then removes all that is listed is told so, and nobody was hurt.
"""

from __future__ import annotations

from collections.abc import Callable

from checkers.command.conversation import Call
from checkers.command.doing.showing import filled
from checkers.command.stage import Stage
from checkers.command.words import Refused, Step

Row = dict[str, str]


def _containers(stage: Stage, step: Step) -> list[Row]:
    rows = []
    for box in list(stage.boxes.values()):
        state = box.running.state()
        if not state["Running"] and not step.on("all"):
            continue
        rows.append(
            {
                "ID": box.id,
                "Image": box.command.image,
                "Names": box.title,
                "State": state["Status"],
                "Status": "Up" if state["Running"] else f"Exited ({state['ExitCode']})",
                "Networks": ",".join(box.networks),
                "Ports": ", ".join(f"{one.ip}:{one.host}->{one.inside}" for one in box.command.published),
            }
        )
    rows.append(
        {
            "ID": stage.stranger,
            "Image": "somebody/elses",
            "Names": "somebody-elses",
            "State": "running",
            "Status": "Up",
            "Networks": "bridge",
            "Ports": "",
        }
    )
    return rows


def _networks(stage: Stage, step: Step) -> list[Row]:
    names = [*stage.networks, "somebody-elses"]
    reals = [*(net.real for net in stage.networks.values()), stage.stranger]
    return [
        {"ID": real if real == stage.stranger else name, "Name": name, "Driver": "bridge"}
        for name, real in zip(names, reals, strict=True)
    ]


def _volumes(stage: Stage, step: Step) -> list[Row]:
    return [{"ID": name, "Name": name, "Driver": "local"} for name in [*stage.volumes, stage.stranger]]


def _images(stage: Stage, step: Step) -> list[Row]:
    rows = []
    for name in [*stage.tags, *stage.images]:
        repository, _, tag = name.rpartition(":")
        rows.append({"ID": name, "Repository": repository, "Tag": tag})
    if step.words:
        rows = [row for row in rows if step.words[0] in {row["Repository"], row["ID"]}]
    return [*rows, {"ID": stage.stranger, "Repository": "somebody/elses", "Tag": "1"}]


_ROWS: dict[str, tuple[Callable[[Stage, Step], list[Row]], str]] = {
    "container ls": (_containers, "Names"),
    "network ls": (_networks, "Name"),
    "volume ls": (_volumes, "Name"),
    "image ls": (_images, "Repository"),
}


def ls(stage: Stage, call: Call, step: Step) -> int:
    """One of the four lists."""
    make, name = _ROWS[step.verb]
    rows = _filtered(make(stage, step), step, name)
    form = step.last("format")
    if step.on("quiet"):
        lines = [row["ID"][:12] if step.verb == "container ls" else row["ID"] for row in rows]
    elif form and not form.startswith("table"):
        lines = [filled(form, row) if form != "json" else filled("{{json .}}", row) for row in rows]
    else:
        header = [key.upper() for key in rows[0]] if rows else []
        lines = ["   ".join(header), *("   ".join(row.values()) for row in rows)]
    call.out("".join(f"{line}\n" for line in lines).encode())
    return 0


def _filtered(rows: list[Row], step: Step, name: str) -> list[Row]:
    for text in step.options.get("filter", ()):
        key, _, value = text.partition("=")
        if key not in _FILTERS:
            raise Refused(
                f"The filter {text[:60]} is not for this task.", hint="--filter name=… finds yours."
            )
        rows = [row for row in rows if _FILTERS[key](row, value, name)]
    return rows


# By a row, the filter's value, and the column that holds the name.
_FILTERS: dict[str, Callable[[Row, str, str], bool]] = {
    "name": lambda row, value, name: value.strip("^$/") in row[name],
    "status": lambda row, value, name: row.get("State", "") == value,
    "id": lambda row, value, name: row["ID"].startswith(value),
    "network": lambda row, value, name: value in row.get("Networks", "").split(","),
    "reference": lambda row, value, name: row[name].startswith(value.partition(":")[0]),
}
DOERS = dict.fromkeys(_ROWS, ls)
