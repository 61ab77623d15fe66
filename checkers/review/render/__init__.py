"""A `Review` as text, and as a page of HTML. What the project says of itself is escaped."""

from checkers.review.render.to_html import page
from checkers.review.render.to_text import rich, text

__all__ = ["page", "rich", "text"]
