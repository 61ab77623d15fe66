"""The base images: a catalogue, and where the engine gets each from (mirror, bundle, registry, stand-in)."""

from course.images.bundle import Bundle, Bundled, default_bundle, save
from course.images.catalogue import BaseImage, catalogue, find, for_chapters
from course.images.ensure import ensure, load, stand_ins_asked
from course.images.record import Brought
from course.images.status import ImageStatus, is_stand_in, status

WHAT_A_STAND_IN_IS = (
    "A stand-in is an image that the course made from Debian packages, under the name of one that could not "
    "be pulled: it does what the lessons need, and is not the published image."
)

__all__ = [
    "WHAT_A_STAND_IN_IS",
    "BaseImage",
    "Brought",
    "Bundle",
    "Bundled",
    "ImageStatus",
    "catalogue",
    "default_bundle",
    "ensure",
    "find",
    "for_chapters",
    "is_stand_in",
    "load",
    "save",
    "stand_ins_asked",
    "status",
]
