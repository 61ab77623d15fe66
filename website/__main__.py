"""make site: writes build/site/html. Needs no engine and no network.

python -m website             build/site/html
python -m website --open      and shows it in the browser
"""

from __future__ import annotations

import argparse
import shutil
import sys
import webbrowser
from pathlib import Path

from sphinx.cmd.build import build_main

from website.mend import mend
from website.pages import write_pages

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "site"


def main() -> int:
    """Sphinx's exit code: 0, or another where anything is wrong, a broken link among it."""
    parser = argparse.ArgumentParser(
        "make site", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--open", action="store_true", help="show it in the browser when it is built")
    parser.add_argument("--out", type=Path, default=OUT, help="the folder to write to (build/site)")
    asked = parser.parse_args()
    code = build(asked.out.absolute())
    index = asked.out.absolute() / "html" / "index.html"
    if code == 0:
        print(f"The site: {index.as_uri()}")
        if asked.open:
            webbrowser.open(index.as_uri())
    else:
        print("The site wasn't built: the lines above say which page is at fault.", file=sys.stderr)
    return code


def build(out: Path) -> int:
    """Writes out/pages (what Sphinx reads) and out/html. Returns Sphinx's exit code."""
    pages, made = out / "pages", out / "html"
    for folder in (pages, made):  # Sphinx would leave pages of lessons that are gone
        shutil.rmtree(folder, ignore_errors=True)
    write_pages(ROOT, pages)
    options = ["-q", "-W", "--keep-going", "-j", "2", "-d", str(out / "doctrees")]
    styles = ["-c", str(ROOT / "website"), "-D", f"html_static_path={pages / '_static'}"]
    code = build_main([*options, *styles, str(pages), str(made)])
    mend(made)
    return code


if __name__ == "__main__":
    sys.exit(main())
