"""Reports in words."""

from app.render.text import report

__all__ = ["report"]
