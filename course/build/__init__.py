"""A BuildKit build over the Engine API: a tar goes in, the solve graph comes back as a stream."""

from course.build.context import pack
from course.build.driver import build
from course.build.last import keep, last_build
from course.build.records import CacheRecord, cache_records
from course.build.survey import Survey, survey

__all__ = ["CacheRecord", "Survey", "build", "cache_records", "keep", "last_build", "pack", "survey"]
