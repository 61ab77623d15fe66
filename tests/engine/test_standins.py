"""The base images do what lessons and exercises rely on. All of it is true of the real images too."""

from __future__ import annotations

import io
import json
import tarfile
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.errors import APIError, ContainerError
from docker.models.containers import Container

from course import images
from course.build import build
from course.engine.labels import made, made_image
from tests.engine.base_images import logs, need, out, running, shell, until

pytestmark = pytest.mark.engine

SLIM, FULL, BUSYBOX, PYTHON = "debian:trixie-slim", "debian:trixie", "busybox:1.37", "python:3.13-slim"
ALPINE, NODE_ALPINE, NODE_SLIM = "alpine:3.22", "node:20-alpine", "node:20-slim"
STATIC, BASE = (f"gcr.io/distroless/{name}-debian13:nonroot" for name in ("static", "base"))
NGINX, POSTGRES, REDIS, REGISTRY = "nginx:1.26", "postgres:17", "redis:8", "registry:2"


def file_from(client: docker.DockerClient, image: str, path: str) -> bytes:
    """A file of an image, without running it."""
    container = client.containers.create(image, ["none"], labels=made("container"))
    try:
        chunks, _ = container.get_archive(path)
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
            member = tar.next()
            assert member is not None
            found = tar.extractfile(member)
            assert found is not None
            return found.read()
    finally:
        container.remove()


def put(container: Container, folder: str, name: str, body: bytes, mode: int = 0o644) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(body), mode
        tar.addfile(info, io.BytesIO(body))
    container.put_archive(folder, buffer.getvalue())


@pytest.mark.parametrize("name", [image.name for image in images.catalogue()])
def test_a_stand_in_says_what_it_is_and_a_child_is_none(
    client: docker.DockerClient, name: str, tmp_path: Path
) -> None:
    need(client, name)
    if not images.is_stand_in(client, name):
        pytest.skip("the real image is here")
    labels = client.images.get(name).labels
    assert labels["org.opencontainers.image.title"] == f"stand-in for {name}"
    child = f"course-test-{uuid.uuid4().hex[:12]}:1"
    (tmp_path / "Dockerfile").write_text(f"FROM {name}\nLABEL child=yes\n")
    build(client, tmp_path, tag=child, labels=made_image(child))
    try:
        assert not images.is_stand_in(client, child)
    finally:
        client.images.remove(child)


# --- Debian


def test_debian_is_debian_13_without_documentation(client: docker.DockerClient) -> None:
    need(client, SLIM)
    with running(client, SLIM, "sleep", "infinity") as box:
        assert "VERSION_CODENAME=trixie" in shell(box, "cat /etc/os-release")[1]
        assert shell(box, "dpkg --audit") == (0, "")
        assert shell(box, "find /usr/share/man /usr/share/doc -type f ! -name copyright | head -1") == (0, "")
        assert shell(box, "ls /usr/share/doc/bash/copyright")[0] == 0
        assert shell(box, "apt-get check")[0] == 0
        # The archive's key is there, and apt is told to trust it for the sources it has.
        assert (
            "Signed-By: /usr/share/keyrings/" in shell(box, "cat /etc/apt/sources.list.d/debian.sources")[1]
        )
        # A cache mount on /var/cache/apt wants this file removed: it must have the name that Dockerfiles use.
        assert shell(box, "ls /etc/apt/apt.conf.d/docker-clean")[0] == 0
        assert shell(box, "find /var/log -type f -size +0")[1] == ""
        assert shell(box, "which curl")[0] != 0
        assert shell(box, "ldd --version | head -1")[1].endswith("2.41")
        assert shell(box, "useradd --create-home --uid 1234 me && id -u me") == (0, "1234")


def test_the_full_debian_has_documentation_and_more_bytes(client: docker.DockerClient) -> None:
    need(client, SLIM, FULL)
    assert out(client, FULL, "sh", "-c", "find /usr/share/man -type f | head -1")
    sizes = {one.name: one.size for one in images.status(client)}
    assert sizes[FULL] > sizes[SLIM] * 1.2


# --- busybox, alpine


@pytest.mark.parametrize("name", [BUSYBOX, ALPINE])
def test_busybox_makes_users_and_groups(client: docker.DockerClient, name: str) -> None:
    need(client, name)
    script = """
        set -e
        adduser -D -u 1001 -h /srv/bob -s /bin/sh bob; id bob; ls -ld /srv/bob
        addgroup -S -g 555 app; adduser -S -D -H -G app app; id app
        adduser bob app; id -Gn bob
        deluser bob; ! id bob 2>/dev/null; grep -c bob /etc/passwd /etc/group || true
        ! adduser -D -u 1001 -x y 2>/dev/null
        ! adduser -D app 2>/dev/null
        echo done
    """
    said = out(client, name, "sh", "-c", script)
    assert "uid=1001(bob) gid=1001(bob)" in said
    assert "gid=555(app)" in said
    assert "bob app" in said
    assert "/etc/passwd:0" in said
    assert "/etc/group:0" in said
    assert said.endswith("done")


def test_busybox_is_one_static_file_with_many_names(client: docker.DockerClient) -> None:
    need(client, BUSYBOX)
    said = out(
        client, BUSYBOX, "sh", "-c", "ls /bin | wc -l; ls -l /bin/busybox; httpd --help 2>&1 | head -1; id -u"
    )
    many, links, httpd, uid = said.splitlines()
    assert int(many) > 250
    assert int(links.split()[1]) > 250, "the applets are hard links to one file"
    assert "BusyBox v1.37" in httpd
    assert uid == "0"


def test_alpine_has_musl_and_no_apt(client: docker.DockerClient) -> None:
    need(client, ALPINE)
    with running(client, ALPINE, "sleep", "600") as box:
        said = shell(box, "ldd 2>&1 | head -2")[1]
        assert "musl libc" in said
        for absent in ("curl", "bash", "apt-get"):
            assert shell(box, f"which {absent}")[0] != 0
        assert shell(box, "wget --help 2>&1 | head -1")[1].startswith("BusyBox")


def test_a_stand_in_for_alpine_does_not_claim_to_be_alpine(client: docker.DockerClient) -> None:
    need(client, ALPINE)
    if not images.is_stand_in(client, ALPINE):
        pytest.skip("the real image is here")
    said = out(
        client, ALPINE, "sh", "-c", "cat /etc/os-release; ls /etc/alpine-release /sbin/apk 2>&1 || true"
    )
    assert "Stand-in" in said
    assert said.count("No such file") == 2


@pytest.mark.parametrize("name", [ALPINE, NODE_ALPINE])
def test_a_glibc_program_is_not_found_on_musl(client: docker.DockerClient, name: str) -> None:
    need(client, SLIM, name)
    program = file_from(client, SLIM, "/usr/bin/true")
    with running(client, name, "sleep", "600") as box:
        put(box, "/tmp", "glibc-true", program, 0o755)
        code, said = shell(box, "/tmp/glibc-true")
        assert code == 127
        assert "not found" in said


# --- Node


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


# --- Python


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


# --- distroless


def test_distroless_has_no_shell_and_an_unprivileged_user(client: docker.DockerClient) -> None:
    need(client, STATIC, BASE)
    for name in (STATIC, BASE):
        with pytest.raises(APIError, match=r"executable file not found|no such file"):
            out(client, name, "sh", "-c", "true")
        config = client.images.get(name).attrs["Config"]
        assert config["User"].partition(":")[0] in ("65532", "nonroot")
        assert b"nonroot:x:65532" in file_from(client, name, "/etc/passwd")
        assert len(file_from(client, name, "/etc/ssl/certs/ca-certificates.crt")) > 100_000
        assert file_from(client, name, "/usr/share/zoneinfo/Europe/Berlin").startswith(b"TZif")


@pytest.mark.parametrize(("name", "runs"), [(STATIC, False), (BASE, True)])
def test_a_glibc_program_runs_only_with_glibc(
    client: docker.DockerClient, name: str, runs: bool, tmp_path: Path
) -> None:
    need(client, SLIM, name)
    (tmp_path / "Dockerfile").write_text(
        f'FROM {SLIM} AS tools\nFROM {name}\nCOPY --from=tools /usr/bin/uname /uname\nENTRYPOINT ["/uname"]\n'
    )
    tag = f"course-test-{uuid.uuid4().hex[:12]}:1"
    build(client, tmp_path, tag=tag, labels=made_image(tag))
    try:
        if runs:
            assert out(client, tag) == "Linux"
        else:
            with pytest.raises((APIError, ContainerError), match="no such file or directory"):
                out(client, tag)
    finally:
        client.images.remove(tag, force=True)


# --- services


def test_nginx_serves_logs_and_stops_cleanly(client: docker.DockerClient) -> None:
    need(client, NGINX)
    with running(client, NGINX) as box:
        until(lambda: shell(box, "curl -fsS http://localhost/")[0] == 0, "nginx answers")
        assert "Welcome to nginx!" in shell(box, "curl -s http://localhost/")[1]
        put(box, "/usr/share/nginx/html", "mine.html", b"my own page")
        assert shell(box, "curl -s http://localhost/mine.html")[1] == "my own page"
        assert shell(box, "curl -s -o /dev/null -w '%{http_code}' http://localhost/none")[1] == "404"
        assert shell(box, "nginx -t")[0] == 0
        put(box, "/etc/nginx/conf.d", "more.conf", b"server { listen 8081; return 200 more; }")
        assert shell(box, "nginx -s reload")[0] == 0
        until(
            lambda: shell(box, "curl -fsS http://localhost:8081/")[1].endswith("more"),
            "the new server answers",
        )
        assert '"GET /mine.html HTTP/1.1" 200' in logs(box)
        box.reload()
        assert box.attrs["Config"]["StopSignal"] == "SIGQUIT"
        box.stop(timeout=20)
        assert box.wait()["StatusCode"] == 0


def test_nginx_runs_with_a_read_only_root(client: docker.DockerClient) -> None:
    need(client, NGINX)
    with running(client, NGINX, read_only=True, tmpfs={"/run": "", "/var/cache/nginx": ""}) as box:
        until(lambda: shell(box, "curl -fsS http://localhost/")[0] == 0, "nginx answers")


def postgres_ready(box: Container, user: str, database: str) -> bool:
    # Over TCP: while the cluster is being made, a server answers on the socket only.
    return shell(box, f"pg_isready -h 127.0.0.1 -U {user} -d {database}")[0] == 0


def test_postgres_refuses_to_start_without_a_password(client: docker.DockerClient) -> None:
    need(client, POSTGRES)
    with running(client, POSTGRES) as box:
        assert box.wait(timeout=60)["StatusCode"] == 1
        assert "POSTGRES_PASSWORD" in logs(box)
        assert "superuser password is not specified" in logs(box)


def test_postgres_makes_role_and_database_once(client: docker.DockerClient) -> None:
    need(client, POSTGRES)
    given = {"POSTGRES_USER": "app", "POSTGRES_PASSWORD": "it's $ecret", "POSTGRES_DB": "shop"}
    with running(client, POSTGRES, environment=given) as box:
        until(lambda: postgres_ready(box, "app", "shop"), "postgres is ready")
        uri = 'PGPASSWORD="it\'s \\$ecret" psql -h 127.0.0.1 -U app -d shop -tAc'
        assert shell(box, f"{uri} 'select current_user, current_database()'") == (0, "app|shop")
        assert shell(box, f"{uri} 'create table t as select 7 as x'")[0] == 0
        assert shell(box, "PGPASSWORD=wrong psql -h $(hostname -i) -U app -d shop -c 'select 1'")[0] == 2
        # The trap of DATABASE_URL=postgres://x:x@db/app where neither role nor database was asked for.
        assert "does not exist" in shell(box, "psql -U x -d app -c 'select 1'")[1]
        assert shell(box, "stat -c %u:%a $PGDATA")[1] == "999:700"
        assert shell(box, "ps -o uid= -p 1 2>/dev/null || grep ^Uid: /proc/1/status")[1].split()[-1] == "999"
        box.reload()
        assert box.attrs["Config"]["StopSignal"] == "SIGINT"
        assert "/var/lib/postgresql/data" in box.attrs["Config"]["Volumes"]
        box.stop(timeout=30)
        assert box.wait()["StatusCode"] == 0
        box.start()
        until(lambda: postgres_ready(box, "app", "shop"), "postgres is ready again")
        assert shell(box, f"{uri} 'table t'") == (0, "7")
        assert "Skipping initialization" in logs(box)


def test_postgres_takes_secrets_from_files_and_runs_init_scripts(client: docker.DockerClient) -> None:
    need(client, POSTGRES)
    given = {"POSTGRES_PASSWORD_FILE": "/tmp/password", "POSTGRES_DB": "shop"}
    name = "postgres"
    box = client.containers.create(POSTGRES, environment=given, labels=made("container"))
    try:
        put(box, "/tmp", "password", b"from a file\n")
        put(box, "/docker-entrypoint-initdb.d", "1.sql", b"create table made (who text);")
        put(
            box,
            "/docker-entrypoint-initdb.d",
            "2.sh",
            b'psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "insert into made values (\'sh\')"\n',
            0o755,
        )
        box.start()
        until(lambda: postgres_ready(box, name, "shop"), "postgres is ready")
        query = (
            "PGPASSWORD='from a file' psql -h $(hostname -i) -U postgres -d shop -tAc 'select who from made'"
        )
        assert shell(box, query) == (0, "sh")
        # Init scripts run at the first start only (misconception M12), and a broken one ends it.
        assert logs(box).count("1.sql") == 1
    finally:
        box.remove(force=True, v=True)


def test_postgres_stops_at_a_broken_init_script(client: docker.DockerClient) -> None:
    need(client, POSTGRES)
    box = client.containers.create(POSTGRES, environment={"POSTGRES_PASSWORD": "x"}, labels=made("container"))
    try:
        put(box, "/docker-entrypoint-initdb.d", "1.sql", b"no sql at all;")
        box.start()
        assert box.wait(timeout=60)["StatusCode"] != 0
        assert "syntax error" in logs(box)
    finally:
        box.remove(force=True, v=True)


def test_redis_answers_other_containers_and_keeps_its_data(client: docker.DockerClient) -> None:
    need(client, REDIS)
    with running(client, REDIS) as box:
        until(lambda: shell(box, "redis-cli ping") == (0, "PONG"), "redis answers")
        # From its own address, as another container would: protected mode would refuse.
        assert shell(box, "redis-cli -h $(hostname -i) set k v") == (0, "OK")
        assert shell(box, "grep ^Uid: /proc/1/status")[1].split()[1] != "0"
        assert shell(box, "redis-cli save; ls /data")[1].split()[-1] == "dump.rdb"
        box.stop(timeout=20)
        assert box.wait()["StatusCode"] == 0
        box.start()
        until(lambda: shell(box, "redis-cli get k") == (0, "v"), "redis has it still")
        box.reload()
        assert "/data" in box.attrs["Config"]["Volumes"]
    with running(client, REDIS, "redis-server", "--port", "7000", "--appendonly", "yes") as box:
        until(lambda: shell(box, "redis-cli -p 7000 ping") == (0, "PONG"), "redis answers on its other port")
        assert shell(box, "redis-cli -p 7000 config get appendonly")[1].split() == ["appendonly", "yes"]


def test_the_registry_has_the_real_one_s_face(client: docker.DockerClient) -> None:
    need(client, REGISTRY)
    config = client.images.get(REGISTRY).attrs["Config"]
    assert config["Entrypoint"] == ["/entrypoint.sh"]
    assert config["Cmd"] == ["/etc/docker/registry/config.yml"]
    assert "/var/lib/registry" in config["Volumes"]
    assert "5000/tcp" in config["ExposedPorts"]
    assert "2.8" in out(client, REGISTRY, "--version")
