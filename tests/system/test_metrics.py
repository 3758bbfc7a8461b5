"""A server of several processes is measured as one, and each request leaves a line in its log."""

from __future__ import annotations

import json
import time

import requests
from prometheus_client.parser import text_string_to_metric_families


def read(server):
    """All samples that the server shows, by name and values of labels."""
    with requests.get(f"{server.base}/metrics", timeout=60) as answer:
        assert answer.status_code == 200
    return {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


def until(read, true):
    """What `read` returns once it is as wanted."""
    ends = time.monotonic() + 60
    while not true(found := read()):
        assert time.monotonic() < ends, found
        time.sleep(0.2)
    return found


ROUTE = ("planpush_http_requests_total", "GET", "/p/<slug>/export.json", "2xx")


def test_what_every_process_answered_is_added_up(server, visitor, plan):
    ada = visitor("alice")
    before = read(server).get(ROUTE, 0)
    for _ in range(12):  # each on a connection of its own, so that any process may get it
        with requests.get(f"{server.base}/p/{plan}/export.json", cookies=ada.http.cookies,
                          timeout=60) as answer:  # fmt: skip
            assert answer.status_code == 200
    started = {("planpush_processes", "web"): server.workers}  # the last of them may be late
    until(lambda: read(server), lambda now: started.items() <= now.items())
    found = until(lambda: read(server), lambda now: now.get(ROUTE, 0) - before >= 12)
    assert found[ROUTE] - before == 12
    assert found["planpush_database_transaction_seconds_count", "read"] > 0


def test_the_worker_and_the_open_pages_are_there(server, visitor, plan):
    http, streams = visitor("bob").http, ("planpush_live_streams_open",)
    beat = ("planpush_worker_heartbeat_timestamp_seconds",)
    with http.get(f"{server.base}/p/{plan}/events", stream=True, timeout=60):
        found = until(lambda: read(server), lambda now: now.get(streams) and now.get(beat))
    assert found["planpush_processes", "worker"] == 1
    assert found[beat] > 1.7e9 and found["planpush_process_resident_bytes", "worker"] > 2**20
    assert found["planpush_process_cpu_seconds_total", "web"] > 0


def test_the_log_is_json_line_by_line_and_names_no_plan(server, visitor, plan):
    answer = visitor("bob").get(f"/p/{plan}?v=1&x=heron")
    lines = (server.folder / "server.log").read_text().splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    assert {"planpush.access", "gunicorn.error"} <= {one["logger"] for one in told}
    mine = [one for one in told if one.get("request_id") == answer.headers["X-Request-ID"]]
    assert [one["route"] for one in mine] == ["/p/<slug>"]
    access = [line for line in lines if '"planpush.access"' in line]
    assert not [line for line in access if plan in line or "heron" in line]
