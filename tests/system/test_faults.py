"""A running server whose database fails: it says so, loses nothing, and comes back by itself."""

import resource
import time
from pathlib import Path

import psycopg
import pytest
import requests
import sqlalchemy as sa

from tests.conftest import ON_POSTGRES
from tests.system.serving import Server

HTML = '<section data-anchor="a"><h2>A</h2><p>Words.</p></section>'
PATIENCE = 60  # seconds


@pytest.fixture
def served(tmp_path):
    running = Server(tmp_path, WORKER="off").start()
    assert running.push(HTML, "slug=a&title=A&visibility=published").status_code == 201
    yield running
    mend(running)
    running.close()


def children(server):
    """Return the processes of the master."""
    path = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


def breaks(server):
    """SQLite: no file grows any more. PostgreSQL: nobody is let in any more, who is in is out."""
    if ON_POSTGRES:
        return administer(server, "false")
    size = (server.folder / "planpush.db-wal").stat().st_size
    for process in children(server):
        _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size, most))
    return None


def mend(server):
    if ON_POSTGRES:
        return administer(server, "true")
    for process in children(server):
        _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (most, most))
    return None


def administer(server, lets_in):
    url = sa.make_url(server.env["DATABASE_URL"]).set(drivername="postgresql")
    there = url.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(there, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS {lets_in}")
        if lets_in == "false":
            ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(ends, (url.database,))


def post(server, body):
    told = {"anchor": "a", "body": body}
    return server.api("alice", "POST", "/api/plans/a/threads", json=told)


def until(found, wanted):
    deadline = time.monotonic() + PATIENCE
    while (told := found()) != wanted:
        assert time.monotonic() < deadline, told
        time.sleep(0.1)


def test_an_outage_is_said_loses_nothing_and_ends_by_itself(served):
    assert post(served, "before").status_code == 201
    breaks(served)
    refused = post(served, "meanwhile " * 900)
    assert refused.status_code == 503, refused.text
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json()["code"] == ("gone" if ON_POSTGRES else "broken")
    until(lambda: requests.get(f"{served.base}/readyz", timeout=20).status_code, 503)
    assert requests.get(f"{served.base}/healthz", timeout=20).status_code == 200
    mend(served)
    until(lambda: post(served, "after").status_code, 201)
    until(lambda: requests.get(f"{served.base}/readyz", timeout=20).text, "ready\n")
    said = {one["comments"][0]["body"] for one in served.threads("a")}
    assert said == {"before", "after"}
