"""What Docker Compose and systemd run is run here, without them; .ci/image_smoke.sh does more."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests

from planpush.config import Config
from planpush.operations.readiness import SILENT
from tests.deployment import (
    GUIDE,
    ROOT,
    Refused,
    amended,
    block,
    command,
    composed,
    edited,
    environment,
    instruction,
    unit,
    variables,
)
from tests.system.serving import free_port, wait_for

POSTGRES = "## PostgreSQL, two servers, TLS"
SETTINGS = "In `/etc/planpush/planpush.env` set"
OURS = ("planpush", "second", "worker")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The guide's first steps."""
    return variables(edited(tmp_path))


@pytest.fixture
def large(tmp_path: Path) -> dict[str, str]:
    """And those for PostgreSQL."""
    return variables(amended(edited(tmp_path), block(POSTGRES)))


@pytest.fixture
def compose(env: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """Command and environment of what `docker compose up -d` starts."""
    services = composed(env)
    assert list(services) == ["planpush"]
    words = command(services["planpush"])
    assert words == ["planpush", "serve", "--host", "0.0.0.0"]
    return ["serve", "--host", "127.0.0.1"], environment(services["planpush"], env)


@pytest.fixture
def systemd(tmp_path: Path) -> tuple[list[str], dict[str, str]]:
    """Command and environment of docs/planpush.service, installed as the guide says."""
    made = "k" * 64
    lines = [line.replace("… of openssl rand -hex 32", made) for line in block(SETTINGS)]
    return unit()["ExecStart"][0].split()[1:], variables(amended(edited(tmp_path), lines))


@pytest.mark.long
@pytest.mark.parametrize("way", ["compose", "systemd"])
def test_60_what_is_started_serves_and_stops(
    way: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    words, told = request.getfixturevalue(way)
    port, log = str(free_port()), tmp_path / "log"
    here = {"DATA_DIR": str(tmp_path / "data"), "PORT": port, "WEB_WORKERS": "1"}
    words, env = [sys.executable, "-m", "planpush", *words], os.environ | told | here
    base = f"http://127.0.0.1:{port}"
    with log.open("wb") as out, subprocess.Popen(words, env=env, stdout=out) as server:
        try:
            wait_for(f"{base}/healthz", server, 60)
            assert requests.get(f"{base}/healthz", timeout=20).status_code == 200
            wait_until_ready(base)
            assert subprocess.run(health(), env=env).returncode == 0
        finally:
            server.terminate()
        assert server.wait(60) == 0
    assert f"{told['BASE_URL']}/sign-in/local?token=" in log.read_text()
    assert (tmp_path / "data/planpush.db").is_file()
    assert subprocess.run(health(), env=env, stderr=subprocess.DEVNULL).returncode


def wait_until_ready(base: str) -> None:
    """While a machine is busy with starting, the database may seem silent, but nothing else."""
    ends = time.monotonic() + 60
    while (answer := requests.get(f"{base}/readyz", timeout=20)).status_code != 200:
        assert SILENT.message in answer.text and time.monotonic() < ends, answer.text
        time.sleep(0.2)


def health() -> list[str]:
    """The image's own question whether it is well."""
    _, words = instruction("HEALTHCHECK").split("CMD ", 1)
    python, *rest = json.loads(words)
    assert python == "python"
    return [sys.executable, *rest]


@pytest.mark.parametrize("name", ["SECRET_KEY", "BASE_URL"])
def test_60_what_must_be_edited_is_asked_for(env: Any, name: str) -> None:
    with pytest.raises(Refused, match=rf"{name} is missing a value: put .* into \.env"):
        composed(env | {name: ""})


def test_60_postgres_comes_with_two_servers_one_worker_and_a_proxy(large: Any) -> None:
    services = composed(large)
    assert set(services) == {*OURS, "postgres", "caddy"}
    verbs = Counter(command(services[name])[1] for name in OURS)
    assert verbs == {"serve": 2, "worker": 1}
    for name in OURS:
        config = Config.from_env(environment(services[name], large))
        assert config.database_url.startswith("postgresql+psycopg://planpush:")
        assert config.database_url.endswith("@postgres/planpush")
        assert (config.worker, config.trusted_proxies, config.port) == (False, 1, 8075)
        assert config.base_url == "https://plans.example.com"
        assert "database" in services[name]["networks"]
    assert f":{services['postgres']['environment']['POSTGRES_PASSWORD']}@" in config.database_url
    assert services["postgres"]["networks"] == ["database"]


def test_60_no_two_services_want_one_port_and_only_the_proxy_faces_the_world(large: Any) -> None:
    published = {name: one.get("ports", []) for name, one in composed(large).items()}
    ports = [port for found in published.values() for port in found]
    assert len(set(ports)) == len(ports)
    assert published["planpush"] == ["127.0.0.1:8075:8075"] and published["caddy"]
    assert not any(published[name] for name in ("second", "worker", "postgres"))


def test_60_the_containers_may_do_no_more_than_they_must(large: Any) -> None:
    for name, service in composed(large).items():
        assert "no-new-privileges:true" in service["security_opt"], name
        assert re.search(r":\d+\.\d+|^planpush:local$", service["image"]), "a tag that stays"
        assert service["logging"] == {"driver": "local"}, "logs must not fill the disk"
    for name in OURS:
        service = composed(large)[name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["tmpfs"]
        assert service["init"] and int(service["stop_grace_period"].removesuffix("s")) > 10
        assert [one.split(":")[1] for one in service["volumes"]] == [instruction("VOLUME")]


def test_60_the_proxy_asks_exactly_the_servers(large: Any) -> None:
    text = (ROOT / "docs/Caddyfile").read_text()
    services = composed(large)
    servers = {f"{name}:8075" for name in OURS if "serve" in command(services[name])}
    told = {"BASE_URL": large["BASE_URL"], "SERVERS": " ".join(sorted(servers))}
    assert services["caddy"]["environment"] == told
    assert "\n{$BASE_URL:" in text and "reverse_proxy {$SERVERS:" in text
    assert "./docs/Caddyfile:/etc/caddy/Caddyfile:ro" in services["caddy"]["volumes"]
    assert text.count("{") == text.count("}")


def test_60_nginx_keeps_no_connection_that_planpush_may_close() -> None:
    for name in ("nginx.conf", "reverse-proxy.md"):  # from 1.29.7 on it keeps them by itself
        text = (ROOT / "docs" / name).read_text()
        assert text.count("proxy_set_header Connection close;") == text.count("proxy_pass ") == 1
        assert "client_max_body_size 20m;" in text and "$proxy_add_x_forwarded_for;" in text


def test_60_the_image_is_of_one_base_and_runs_without_root_or_a_shell() -> None:
    text = (ROOT / "Dockerfile").read_text()
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert bases == ["docker.io/library/python:3.13-slim"] * 2
    assert int(instruction("USER").split(":")[0]) >= 1000
    assert json.loads(instruction("ENTRYPOINT")) == ["planpush"]
    assert "--require-hashes" in text and "DATA_DIR=/data" in instruction("ENV")


def test_60_the_unit_runs_what_the_guide_installs(systemd: Any) -> None:
    service, steps = unit(), "\n".join(block("## systemd"))
    config = Config.from_env(systemd[1])
    program = service["ExecStart"][0].split()[0]
    assert steps.count(f"{Path(program).with_name('pip')} install") == 2
    assert f" {service['EnvironmentFile'][0]}\n" in steps
    assert f"useradd --system --user-group --home-dir {config.data_dir} " in steps
    assert service["WorkingDirectory"] == [str(config.data_dir)]
    assert Path("/var/lib") / service["StateDirectory"][0] == config.data_dir
    assert service["ProtectSystem"] == ["strict"] and service["NoNewPrivileges"] == ["yes"]
    assert service["KillMode"] == ["mixed"]


def test_60_the_unit_is_replaced_in_its_place() -> None:
    service, steps = unit(), "\n".join(block("**An upgrade**:"))
    assert (service["Type"], service["NotifyAccess"]) == (["notify"], ["all"])
    assert service["ExecReload"] == ["/bin/kill -USR2 $MAINPID"]
    link = Path(service["ExecStart"][0].split()[0]).parents[1]
    assert f" {link}\n" in steps and f"{link}/" not in steps, "what serves is left alone"
    assert "[Service]" not in (ROOT / "docs/scaling.md").read_text(), "there is one unit"


def test_60_the_worker_has_a_unit_that_waits_for_no_sign_of_it() -> None:
    made = "\n".join(block("**A worker of its own**")).partition(" > ")[0]
    told = subprocess.check_output(["/bin/sh", "-ec", made], cwd=ROOT, text=True)
    lines = told.splitlines()
    assert "Type=exec" in lines and "ExecStart=/opt/planpush/current/bin/planpush worker" in lines
    assert not [line for line in lines if line.startswith(("Type=notify", "Notify", "ExecReload"))]


def test_60_everybody_gives_the_same_time_to_stop(large: Any) -> None:
    seconds = unit()["TimeoutStopSec"][0]
    assert int(seconds) > 2 + 10  # DRAIN_SECONDS behind a proxy, and what runs
    assert {composed(large)[name]["stop_grace_period"] for name in OURS} == {f"{seconds}s"}
    text = (ROOT / "docs/scaling.md").read_text()
    found = set(re.findall(r"(?:TimeoutStopSec=|stop_grace_period: |Seconds: )(\d+)", text))
    assert found == {seconds} and f"`stop_grace_period` gives {seconds}." in GUIDE


@pytest.mark.parametrize("name", ["Caddyfile", "nginx.conf"])
def test_no_client_chooses_the_id_of_its_requests(name: str) -> None:
    text = (ROOT / "docs" / name).read_text()
    told = {"Caddyfile": "header_up X-Request-ID {http.request.uuid}",
            "nginx.conf": "proxy_set_header X-Request-ID $request_id;"}  # fmt: skip
    assert told[name] in text
