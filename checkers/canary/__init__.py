"""A canary: a secret made up for one attempt, given to a build, and looked for in all that the build left.

It is found plain and packed: in names, links and attributes of files as in their contents, in layers that a
later one hides, and in the image's documents; encoded, compressed, and both in turn, a few times over.
What can't be found: what is encrypted, and what nobody could read without the program that wrote it.
"""

from checkers.canary.budget import Budget, TooMuchInside
from checkers.canary.image import Find, finds
from checkers.canary.search import search
from checkers.canary.secret import Canary

__all__ = ["Budget", "Canary", "Find", "TooMuchInside", "finds", "search"]
