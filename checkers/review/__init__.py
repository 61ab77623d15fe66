"""A review of somebody's own project: no exercise, no verdict; advice, with what was seen.

    found = review(Path("my-app"), steps=steps)
    print(render.text(found))

The project is copied, built, built again after an edit, run and stopped; `seen` holds what came of it, and
each of `advisers` judges one thing in it.
"""

from checkers.review import render
from checkers.review.advice import Advice, Review, Severity
from checkers.review.project import Asked
from checkers.review.session import review

__all__ = ["Advice", "Asked", "Review", "Severity", "render", "review"]
