"""The base images of services do what lessons and exercises rely on, as the real ones do."""

from __future__ import annotations

import docker
import pytest
from docker.models.containers import Container

from course.engine.labels import made
from tests.engine.base_images import (
    NGINX,
    POSTGRES,
    REDIS,
    REGISTRY,
    logs,
    need,
    out,
    put,
    running,
    shell,
    until,
)

pytestmark = pytest.mark.engine


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
