"""The base images for Node and Python do what lessons and exercises rely on, as the real ones do."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.errors import ContainerError
from docker.models.containers import Container

from tests.engine.base_images import NODE_ALPINE, NODE_SLIM, PYTHON, need, out, put, running, shell

pytestmark = pytest.mark.engine


def test_node_on_alpine_is_linked_to_musl_and_has_no_curl(client: docker.DockerClient) -> None:
    need(client, NODE_ALPINE)
    with running(client, NODE_ALPINE, "sleep", "600") as box:
        assert "libc.musl-x86_64.so.1" in shell(box, "ldd /usr/local/bin/node")[1]
        assert shell(box, "curl --version")[0] == 127
        # No glibc: node's own report has no such entry.
        assert shell(box, "node -p 'process.report.getReport().header.glibcVersionRuntime'")[1] == "undefined"


@pytest.mark.parametrize("name", [NODE_ALPINE, NODE_SLIM])
def test_node_runs_npm_and_has_its_user(client: docker.DockerClient, name: str, tmp_path: Path) -> None:
    need(client, name)
    with running(client, name, "sleep", "600") as box:
        assert shell(box, "node --version")[1].startswith("v20.")
        assert shell(box, "npm --version && npx --version")[0] == 0
        assert shell(box, "id -u node; id -g node; echo ~node")[1].split() == ["1000", "1000", "/home/node"]
        package = {
            "name": "left",
            "version": "1.2.3",
            "main": "index.js",
            "scripts": {"start": "node index.js"},
        }
        script = f"""
            set -e
            mkdir -p ~/left ~/app
            cd ~/left; echo '{json.dumps(package)}' >package.json
            echo 'console.log("started", 1 + 1)' >index.js
            npm --silent start
            npm --silent pack
            cd ~/app; echo '{{"name": "app"}}' >package.json
            npm install --no-audit --no-fund ../left/left-1.2.3.tgz
            ls node_modules/left/index.js package-lock.json
            npm ci --no-audit --no-fund
            npm config get prefix
        """
        code, said = shell(box, script, user="node")
        assert code == 0, said
        assert "started 2" in said
        assert said.endswith("/usr/local")


@pytest.mark.parametrize("name", [NODE_ALPINE, NODE_SLIM])
def test_node_is_what_a_bare_script_or_option_means(client: docker.DockerClient, name: str) -> None:
    need(client, name)
    assert out(client, name, "--version").startswith("v20.")
    assert out(client, name, "-p", "6*7") == "42"
    assert "bin" in out(client, name, "ls", "/").split()
    with pytest.raises(ContainerError, match="Cannot find module"):
        out(client, name, "/no/such.js")


def wheel(folder: Path) -> Path:
    """A wheel made by hand, so that nothing need be fetched."""
    path = folder / "course_probe-1.0-py3-none-any.whl"
    info = "course_probe-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("course_probe.py", "def main():\n    print('probe works')\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: course-probe\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\ncourse-probe = course_probe:main\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def python(client: docker.DockerClient) -> Iterator[Container]:
    need(client, PYTHON)
    with running(client, PYTHON, "sleep", "infinity") as box:
        yield box


def test_python_is_where_the_real_image_has_it(python: Container) -> None:
    assert shell(python, "which python python3 pip | sort")[1].split() == [
        "/usr/local/bin/pip",
        "/usr/local/bin/python",
        "/usr/local/bin/python3",
    ]
    version = shell(python, "python --version")[1]
    assert version.startswith("Python 3.13.")
    assert shell(python, "echo Python $PYTHON_VERSION")[1] == version
    assert shell(python, "python -c 'import sys; print(sys.prefix)'")[1] == "/usr/local"
    assert shell(python, "python -c 'import ssl, sqlite3, ctypes, lzma, venv, http.server'") == (0, "")


def test_python_starts_a_prompt_by_default(client: docker.DockerClient) -> None:
    need(client, PYTHON)
    assert client.images.get(PYTHON).attrs["Config"]["Cmd"] == ["python3"]


def test_pip_installs_for_all_for_a_user_and_into_a_venv(python: Container, tmp_path: Path) -> None:
    path = wheel(tmp_path)
    put(python, "/tmp", path.name, path.read_bytes())
    pip = "pip install --no-index --disable-pip-version-check --root-user-action=ignore"
    code, said = shell(python, f"{pip} /tmp/{path.name}")
    assert code == 0, said
    assert shell(python, "ls /usr/local/lib/python3.13/site-packages/course_probe.py")[0] == 0
    assert shell(python, "course-probe") == (0, "probe works")
    assert shell(python, "pip uninstall -qy --root-user-action=ignore course-probe")[0] == 0
    assert shell(python, "python -c 'import course_probe'")[0] == 1
    # The ways of multi-stage builds: --user and ~/.local, --prefix, and a virtual environment.
    assert shell(python, f"{pip} --user /tmp/{path.name} && ~/.local/bin/course-probe")[1].endswith(
        "probe works"
    )
    assert (
        shell(
            python, f"{pip} --force-reinstall --prefix=/opt/p /tmp/{path.name} && ls /opt/p/bin/course-probe"
        )[0]
        == 0
    )
    script = f"python -m venv /opt/v && /opt/v/bin/{pip} /tmp/{path.name} && /opt/v/bin/course-probe"
    assert shell(python, script)[1].endswith("probe works")
