"""A figure together with the sentence that says what it shows."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

_SCREEN_DPI = 100
_PNG_DPI = 160  # sharp on dense screens; the width given with the PNG keeps its size on the page


@dataclass(frozen=True, eq=False)
class Picture:
    """What a figure function returns. A notebook cell that ends in one shows it.

    Its MIME bundle holds a PNG and, for a reader without pictures, the alt text as text/plain. The alt
    text names what is drawn and what to see in it; it holds no measured number, so that it stays the same
    from run to run.
    """

    figure: Figure
    alt: str

    def png(self) -> bytes:
        """The figure as a PNG file."""
        buffer = io.BytesIO()
        # No metadata: matplotlib would write its version into the file.
        self.figure.savefig(buffer, format="png", dpi=_PNG_DPI, metadata={"Software": None})
        return buffer.getvalue()

    def save(self, path: Path | str) -> None:
        """Write the PNG to `path`."""
        Path(path).write_bytes(self.png())

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        width, height = self.figure.get_size_inches()
        look = {"alt": self.alt, "width": round(width * _SCREEN_DPI), "height": round(height * _SCREEN_DPI)}
        data = {
            "image/png": base64.b64encode(self.png()).decode("ascii"),
            "text/plain": f"[figure] {self.alt}",
        }
        return data, {"image/png": look}


def show(figure: Figure, alt: str) -> Picture:
    """Any matplotlib figure with its alt text, as a picture to end a cell with."""
    return Picture(figure, alt)
