"""make slides: writes build/slides. Needs no engine and no network: the stored outputs are shown.

python -m slides            a deck of each chapter, and index.html
python -m slides --open     and shows them in the browser
python -m slides --mark     gives cells of notebooks/ that don't say where a slide begins what suits them
"""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path

from slides.deck import write_decks
from slides.structure import mark

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """0; a notebook that can't be read ends it with its error."""
    parser = argparse.ArgumentParser(
        "make slides", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--open", action="store_true", help="show them in the browser when they are built")
    parser.add_argument("--mark", action="store_true", help="complete the notebooks' metadata, build nothing")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "slides", help="where to (build/slides)")
    asked = parser.parse_args()
    notebooks = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    if asked.mark:
        for path in notebooks:
            if count := mark(path):
                print(f"{path.name}: {count} cells")
        return 0
    out = asked.out.absolute()
    decks = write_decks(notebooks, out)
    print(f"{len(decks)} decks: {(out / 'index.html').as_uri()}")
    if asked.open:
        webbrowser.open((out / "index.html").as_uri())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
