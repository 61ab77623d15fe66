"""The cheat sheet: docker commands beside the Engine API calls that they make, taken from the tape.

commands.toml   which commands, in which order
record.py       types them through the gateway and keeps what they asked of the engine
calls.json      what was recorded last, with the versions it was recorded with
page.py         one printable page of it
"""

from course.cheatsheet.page import page
from course.cheatsheet.pdf import to_pdf
from course.cheatsheet.record import record
from course.cheatsheet.sheet import Command, Section, Sheet, stored, to_json

__all__ = ["Command", "Section", "Sheet", "page", "record", "stored", "to_json", "to_pdf"]
