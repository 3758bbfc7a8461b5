"""Two servers on one database, and one that is replaced: nothing is lost.

Behind a balancer, restarted under load: `python -m bench rolling`.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import requests

from bench.rolling import Load, Place, Result, Town, across, pages, until

CLIENTS, REQUESTS = 3, 60


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    made = Town(tmp_path_factory.mktemp("rolling"), CLIENTS + 1)
    try:
        made.open()
        yield made
    finally:
        made.close()


@pytest.fixture
def result():
    """What came of it. How long it took is another matter, on a busy machine."""
    found = Result()
    yield found
    assert found.wrong == []


@pytest.mark.long
def test_what_is_said_at_one_is_heard_at_the_other(town, result):
    across(town, result, told=2)


def replace(place):
    """Let a server start its successor, and wait until it has ended itself."""
    old = place.pid
    os.kill(old, signal.SIGUSR2)
    place.pid = until(lambda: successor(old), "a new server")
    place.wait_for_end(old)


def successor(old):
    """Return the process that a master started as its successor, 0 if there is none yet."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            environ = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == old and f"GUNICORN_PID={old}".encode() in environ:
            return int(folder.name)
    return 0


@pytest.mark.long
def test_a_server_alone_is_replaced_and_loses_nothing(town, result):
    place = Place(town.folder, town.server.env | {"TRUSTED_PROXIES": ""}, town.spare)
    place.start()
    try:
        load = Load(town, place.base, CLIENTS, REQUESTS)
        load.reached(REQUESTS // 2)
        replace(place)
        load.finish(result)
    finally:
        place.close()


@pytest.mark.long
def test_who_is_about_to_stop_sends_everybody_elsewhere(town):
    place = Place(town.folder, town.server.env | {"DRAIN_SECONDS": "60"}, town.spare)
    place.start()
    try:
        with pages(town, place.base, town.slugs[-1], 2) as listening:
            os.kill(place.pid, signal.SIGTERM)
            until(lambda: all(len(one.retries) > 1 for one in listening), "a goodbye")
            until(lambda: not place.is_ready(), "a server that is not ready")
            answer = requests.get(f"{place.base}/healthz", timeout=60)
            assert answer.status_code == 200 and answer.headers["Connection"] == "close"
            headers = {"Authorization": f"Bearer {town.token}"}
            waits = f"{place.base}/api/plans/{town.slugs[-1]}/wait?timeout=50"
            answer = requests.get(waits, headers=headers, timeout=60)
            assert answer.status_code == 204 and answer.headers["Retry-After"] == "1"
        os.kill(place.pid, signal.SIGINT)  # there is a hurry after all
        place.process.wait(60)
    finally:
        place.close()
