"""The atlas of the exercise 04-slim-layers: an index is made of an archive, and only the index is needed."""

from __future__ import annotations

import gzip
import io
import random
import tarfile

from checkers.attempt import Attempt
from checkers.projects import own_files
from checkers.running import WrongAnswer

_EXERCISE = "04-slim-layers"
_CHARTS = 40
_SOUNDINGS = 5000  # of a chart; 8 bytes each


def files(word: str) -> dict[str, bytes]:
    """The project, with an archive of the attempt's own: nobody can have made its index before."""
    return own_files(_EXERCISE) | {"charts.tar.gz": archive(word)}


def archive(word: str) -> bytes:
    """charts.tar.gz, with `word` in each title. Depths are random, so that the archive has some size."""
    numbers = random.Random(word)  # noqa: S311  depths of the sea are no secret
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=6, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for number in range(1, _CHARTS + 1):
            depths = "".join(f"{numbers.randrange(10**7):07}\n" for _ in range(_SOUNDINGS))
            content = f"{word} {number}\n{depths}".encode()
            entry = tarfile.TarInfo(f"charts/{number:04}.txt")
            entry.size, entry.mode, entry.mtime = len(content), 0o644, 1_700_000_000
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def ask(attempt: Attempt, image: str, number: int) -> str:
    """What `docker run IMAGE NUMBER` prints. Raises WrongAnswer if it doesn't end well."""
    running = attempt.run(image, [f"{number:04}"])
    code = running.wait_exit(attempt.limits.run)
    if code != 0:
        ending = running.ending() or f"was still running after {attempt.limits.run:.0f} s"
        raise WrongAnswer(
            f"`docker run IMAGE {number:04}` printed no chart: the container {ending}.",
            hint="It needs atlas/ and index.json in the working directory, and a folder state/ that its user "
            "may write to.",
            detail=running.logs(),
        )
    return running.container.logs(stderr=False).decode("utf-8", "replace")
