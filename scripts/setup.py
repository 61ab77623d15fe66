"""Makes `.venv` from the lock, with nothing but Python's standard library. Run it again at any time.

    python3 scripts/setup.py           what the course needs
    python3 scripts/setup.py --dev     and what its tests need

The second time it only compares a fingerprint. It is the one part of the course that runs outside the
environment, so it must also tell a too old Python what is wrong: keep its syntax at Python 3.6.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
STAMP = VENV / "course-setup"
NEEDED = (3, 11)


def main():
    dev = "--dev" in sys.argv[1:]
    if sys.version_info < NEEDED:
        stop(
            "Python %d.%d is too old: the course needs %d.%d or newer." % (sys.version_info[:2] + NEEDED),
            "Name a newer one, e.g.: make lab PYTHON=python3.12",
        )
    wanted = fingerprint()
    found = STAMP.read_text().split() if STAMP.is_file() else []
    if found[:1] == [wanted] and (not dev or "dev" in found):
        return
    if found[:1] != [wanted] and VENV.exists():
        shutil.rmtree(str(VENV))
    step("Python environment in .venv", create)
    lock = ROOT / ("requirements-dev.lock" if dev else "requirements.lock")
    step("Packages from %s" % lock.name, lambda: install(lock))
    STAMP.write_text(wanted + (" dev" if dev else "") + "\n")


def fingerprint():
    """Changes with the locks, the project file, the Python version and the checkout's place."""
    digest = hashlib.sha256(("%s %s" % (sys.version, ROOT)).encode())
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml", "scripts/uv.lock"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def create():
    if (BIN / "uv").exists() or (BIN / "uv.exe").exists():
        return
    try:
        import ensurepip  # noqa: F401  Debian keeps it in a package of its own
    except ImportError:
        add_venv_module()
    run([sys.executable, "-m", "venv", str(VENV)], "Python could not make a virtual environment.")
    pip = [str(BIN / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(pip + ["--require-hashes", "-r", str(ROOT / "scripts" / "uv.lock")], "The package index gave no uv.")


def add_venv_module():
    package = "python%d.%d-venv" % sys.version_info[:2]
    if not shutil.which("apt-get") or os.geteuid() != 0:
        stop(
            "This Python lacks the venv module.",
            "Install it, on Debian and Ubuntu: sudo apt-get install " + package,
        )
    say("  - installing %s with apt-get" % package)
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    command = ["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", package]
    quiet = dict(env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, universal_newlines=True)
    if subprocess.run(command, **quiet).returncode == 0:
        return
    subprocess.run(["apt-get", "update", "--quiet=2"], **quiet)
    second = subprocess.run(command, **quiet)
    if second.returncode != 0:
        stop("apt-get could not install %s." % package, "See what it says:", second.stderr)


def install(lock):
    environment = dict(os.environ, VIRTUAL_ENV=str(VENV))
    index = pip_setting("global.index-url")
    if index and not os.environ.get("UV_DEFAULT_INDEX"):
        environment["UV_DEFAULT_INDEX"] = index  # uv reads no pip.conf; a mirror named there must count
    uv = [str(BIN / "uv"), "pip", "install", "--python", str(BIN / "python")]
    if not sys.stderr.isatty():
        uv.append("--quiet")
    run(uv + ["--require-hashes", "-r", str(lock)], "Some packages could not be installed.", environment)
    own = ["--no-deps", "--no-build-isolation", "--quiet", "--editable", str(ROOT)]
    run(uv + own, "The course itself could not be installed.", environment)


def pip_setting(name):
    asked = subprocess.run(
        [str(BIN / "python"), "-m", "pip", "config", "get", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        universal_newlines=True,
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""


def run(command, fact, environment=None):
    done = subprocess.run(command, env=environment, stderr=None if sys.stderr.isatty() else subprocess.PIPE)
    if done.returncode != 0:
        words = (done.stderr or b"").decode("utf-8", "replace")
        stop(
            fact,
            "Is the package index reachable? Look at the lines above, then run the same command again.",
            words,
        )


def step(title, action):
    began = time.time()
    say("  … %s" % title)
    action()
    say("  ✓ %s  %.1f s" % (title, time.time() - began))


def say(text):
    encoding = sys.stderr.encoding or "ascii"
    sys.stderr.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    sys.stderr.flush()


def stop(fact, hint, words=""):
    say("error  " + fact)
    for line in words.strip().splitlines()[-15:]:
        say("       | " + line)
    say("next   " + hint)
    sys.exit(2)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
