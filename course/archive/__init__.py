"""From the wire and from files to `course.layers`: the one place that knows how images are stored and sent.

Nothing is ever unpacked to disk, and memory doesn't grow with an image's size: contents pass through a hash
and are gone; only what the layers list is kept.
"""

from course.archive.contents import Document, File, contents
from course.archive.file import open_image
from course.archive.outline import outline
from course.archive.read import read_image

__all__ = ["Document", "File", "contents", "open_image", "outline", "read_image"]
