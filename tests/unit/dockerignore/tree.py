"""The folder that the table of `.dockerignore` patterns is tried on, and the table's patterns.

What a real build sees of each is kept beside it, in `sent.json`: tests/engine/test_dockerignore_real.py asks
BuildKit again, and writes the file when run as a program.
"""

from __future__ import annotations

import json
from pathlib import Path

FILES = (
    "a.txt", "b.txt", "ab.txt", ".hidden", "README.md", "readme.md", "Makefile",
    "node_modules/x/index.js", "src/node_modules/y/index.js",
    "src/main.py", "src/main.pyc", "src/deep/er/est/mod.py", "src/deep/er/mod.pyc", "src/.env",
    "docs/a.md", "docs/b.txt", "docs/api/a.md", "docs/api/README.md", "foo/a.txt", "foo/bar/a.txt", "barfoo",
    "tmp/keep/me.txt", "tmp/drop/me.txt", "tmp/.gitkeep", ".git/config", ".git/objects/aa/bb",
    "dir.d/sub.d/file.d", "x.js", "x.ts", "log1", "log2", "log10", "logs/log1",
    "with space.txt", "#hash.txt", "!bang.txt", "a+b.txt", "x(1).txt", "br[1].txt", "star*.txt", "q?.txt",
    "caret^x", "dollar$", "pipe|z", "{a,b}.js", "ü.txt", "-dash", "]close",
)  # fmt: skip
LINKS = {"link": "a.txt", "dirlink": "docs", "broken": "nowhere"}
EMPTY = ("empty", "tmp/empty")

PATTERNS: tuple[tuple[str, ...], ...] = (
    (), ("a.txt",), ("/a.txt",), ("./a.txt",), ("a.txt/",), ("//a.txt",), ("docs",), ("docs/",),
    ("/docs/",), ("docs/*",), ("docs/**",), ("docs/**/",), ("*",), ("**",), ("*/*",), ("*/*/*",), ("**/*",),
    ("*.md",), ("**/*.md",), ("*/*.md",), ("docs/*.md",), ("docs/**/*.md",), ("**/a.md",),
    ("**/README.md",), ("**/node_modules",), ("node_modules",), ("**/node_modules/**",), ("**foo",),
    ("foo**",), ("**/foo/**",), ("f*o",), ("**/*.pyc",), ("src/**/mod.*",), ("src/**/er",), ("src/*/er/",),
    ("?.txt",), ("??.txt",), ("a?.txt",), ("log?",), ("log[0-9]",), ("log[^1]",), ("log[!1]",),
    ("[a-b].txt",), ("**/log[12]",), (".*",), ("**/.*",), (".git",), ("**/.env",), ("..",), ("../a.txt",),
    (".",), ("/",), ("docs/../a.txt",), ("docs/./a.md",), ("docs//a.md",), ("*", "!a.txt"), ("*", "!docs"),
    ("*", "!docs/a.md"), ("*", "!docs/api"), ("*", "!**/*.md"), ("**", "!docs/**"), ("*", "!docs/*.md"),
    ("docs", "!docs/api/a.md"), ("docs/*", "!docs/api"), ("!a.txt", "*"), ("*", "!docs", "docs/api"),
    ("*", "!src", "**/*.pyc"), ("*", "!src/", "src/deep", "!src/deep/er/est"), ("tmp/*", "!tmp/keep"),
    ("tmp", "!tmp/empty"), ("*.md", "!README.md"), ("*.md", "!README*.md", "README.md"),
    ("**/*.txt", "!foo"), ("foo", "!foo/bar", "foo/bar/a.txt"), ("*", "! a.txt"), ("*", "!/docs/"),
    ("*", "!./docs"), ("!!bang.txt",), ("\\!bang.txt",), ("*", "!!bang.txt"), ("# a.txt", "b.txt"),
    (" # a.txt", "b.txt"), ("#hash.txt",), ("\\#hash.txt",), ("a.txt # no comment",), ("  a.txt  ",),
    ("\ta.txt",), ("with space.txt",), ("with\\ space.txt",), ("a.txt\r", "b.txt\r"), ("", "", "a.txt"),
    ("\ufeffa.txt",), ("a.txt", "\ufeffb.txt"), ("a+b.txt",), ("a+*",), ("x(1).txt",), ("x(*",),
    ("br[[]1].txt",), ("br\\[1\\].txt",), ("star\\*.txt",), ("star*.txt",), ("q\\?.txt",), ("caret^x",),
    ("caret^*",), ("dollar$",), ("dollar$*",), ("pipe|z",), ("pipe|*",), ("q|log?",), ("{a,b}.js",),
    ("{a,b}.*",), ("*.{js,ts}",), ("ü.txt",), ("?.txt", "!ü.txt"), ("ü*",), ("-dash",),
    ("\\]close",), ("A.TXT",), ("link",), ("dirlink",), ("dirlink/*",), ("broken",),
    ("empty",), ("empty/*",), ("tmp/**", "!tmp/**/me.txt"), ("dir.d",), ("*.d",), ("**/*.d",),
    ("dir.d/*.d/*.d",), ("dirXd",), ("**/**/a.md",), ("**/",), ("/**",), ("docs/**/**",), ("**a.txt",),
    ("a**",), ("a*b*t",), ("***",), ("docs/***",), ("*", "!*.md", "!**/er", "README.md"),
    ("**/api", "!docs/api/README.md"), ("log\\d",), ("x.[jt]s",), ("[?]close",), ("q[?].txt",),
)  # fmt: skip

BAD = (
    ("[-]dash",),
    ("[]]close",),
    ("[a",),
    ("a[",),
    ("!",),
    ("a\\",),
    ("*", "!"),
    ("[]a",),
    ("[-a]",),
    ("lo\\q*",),
    ("lo\\g1",),
    ("[z-a]*",),
)
"""What no build accepts."""

_SENT = Path(__file__).with_name("sent.json")


def make(folder: Path) -> Path:
    """The tree, in an empty folder."""
    for name in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    for name, target in LINKS.items():
        (folder / name).symlink_to(target)
    for name in EMPTY:
        (folder / name).mkdir(parents=True)
    return folder


def text(lines: tuple[str, ...]) -> str:
    """The ignore file of a row."""
    return "".join(f"{line}\n" for line in lines)


def sent() -> list[list[str]]:
    """What BuildKit took of the tree, row by row of `PATTERNS`; the names of folders end in a slash."""
    found: list[list[str]] = json.loads(_SENT.read_text(encoding="utf-8"))
    return found


def keep(rows: list[list[str]]) -> None:
    """Writes the answers down."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    _SENT.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
