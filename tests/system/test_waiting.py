"""A real server whose threads wait for feedback: others are served, and it stops when told to."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.system.serving import Server

PATIENCE = 60  # seconds: far more than anything here takes
HTML = '<section data-anchor="a"><h2>A</h2><p>Words.</p></section>'


@pytest.fixture
def small(tmp_path):
    """A server that lets one request wait."""
    running = Server(tmp_path, workers=1, WEB_THREADS="2").start()
    assert running.push(HTML, "slug=a&title=A").status_code == 201
    yield running
    if running.process.poll() is None:
        running.close()


def ask(server, timeout):
    headers = {"Authorization": f"Bearer {server.tokens['alice']}"}
    address = f"{server.base}/api/plans/a/wait?timeout={timeout}"
    return requests.get(address, headers=headers, timeout=PATIENCE)


def waits(server):
    """Wait, and again as long as somebody else has the only place."""
    while "Retry-After" in (answer := ask(server, 50)).headers:
        threading.Event().wait(0.1)
    return answer


def until_somebody_waits(server):
    end = time.monotonic() + PATIENCE
    while "Retry-After" not in ask(server, 0).headers:
        assert time.monotonic() < end
        threading.Event().wait(0.1)


def test_who_waits_is_answered_when_the_server_stops(small):
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(waits, small)
        until_somebody_waits(small)
        assert small.api("alice", "GET", "/api/plans").status_code == 200
        small.close()
        assert answer.result(PATIENCE).status_code == 204
