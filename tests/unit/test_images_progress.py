"""How a pull's messages become one amount."""

from __future__ import annotations

from course.images.pull import Amounts


class Told:
    """A step that remembers the last it was told."""

    def __init__(self) -> None:
        self.last: tuple[float | None, float | None, str] = (None, None, "")

    def update(self, done: float | None = None, total: float | None = None, note: str = "") -> None:
        self.last = (done, total, note)


def message(status: str, layer: str, current: int = 0, total: int = 0) -> dict[str, object]:
    return {
        "status": status,
        "id": layer,
        "progressDetail": {"current": current, "total": total} if total else {},
    }


def test_layers_are_added_up() -> None:
    told = Told()
    amounts = Amounts(told)
    amounts.feed({"status": "Pulling from library/busybox", "id": "1.37"})
    assert told.last == (None, None, "")
    amounts.feed(message("Downloading", "a", 10, 100))
    amounts.feed(message("Downloading", "b", 5, 50))
    assert told.last == (15, 150, "")
    amounts.feed(message("Downloading", "a", 60, 100))
    assert told.last == (65, 150, "")
    amounts.feed(message("Already exists", "c"))
    amounts.feed(message("Download complete", "a"))
    assert told.last == (105, 150, "")
    amounts.feed(message("Extracting", "a", 1, 100))
    assert told.last == (105, 150, "unpacking")
    amounts.feed(message("Pull complete", "b"))
    assert told.last == (150, 150, "")


def test_the_containerd_store_counts_without_a_total_at_first() -> None:
    told = Told()
    amounts = Amounts(told)
    amounts.feed({"status": "Downloading", "id": "a", "progressDetail": {"current": 7}})
    assert told.last == (None, None, "")
