"""What happens to those who read slowly, and to those who come while every thread hangs."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile

import pytest

from planpush.server import asgi
from planpush.server.asgi import Bridge, Call, send_slowly, send_soon
from tests.apart import finished

PART = bytes(range(256)) * 2_000


@pytest.fixture
def pool():
    with ThreadPoolExecutor(1) as made:
        yield made


def sent(send, pool, released=lambda: None):
    return finished(send_slowly(PART, send, more=False, pool=pool, release=released))


@pytest.mark.parametrize("limit", ["_SLICE_SECONDS", "_WHOLE"])
def test_a_slow_reader_gets_all_of_it_from_disk(pool, monkeypatch, limit):
    monkeypatch.setattr(asgi, limit, 0.0)
    got, released = [], []

    async def send(message):
        await asyncio.sleep(0.001)
        got.append(message)

    sent(send, pool, lambda: released.append(1))
    assert b"".join(one["body"] for one in got) == PART
    assert [one["more_body"] for one in got] == [True] * (len(got) - 1) + [False]
    assert released == [1]


def test_who_reads_nothing_more_is_cut_off(pool, monkeypatch):
    monkeypatch.setattr(asgi, "_SLICE_SECONDS", 0.0)
    monkeypatch.setattr(asgi, "_STALLED", 0.01)

    async def send(_message):
        await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        sent(send, pool)
    with pytest.raises(asyncio.CancelledError):
        finished(send_soon(b"x", send, more=False))


def test_one_who_leaves_is_noticed(pool):
    async def send(_message):
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        sent(send, pool)


def asked(bridge, path):
    """What the bridge answers: status and body."""
    got = []

    async def send(message):
        got.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "scheme": "http",
        "query_string": b"", "headers": [(b"host", b"localhost")], "http_version": "1.1",
    }  # fmt: skip
    finished(bridge(scope, receive, send))
    return got[0]["status"], got[1]["body"].decode()


def test_while_all_threads_hang_health_is_answered_and_nobody_waits_for_ever(app):
    bridge, go_on = Bridge(app, 1), threading.Event()
    bridge.pool.submit(go_on.wait, 60)
    bridge.queue[object()] = time.monotonic() - 15
    assert asked(bridge, "/healthz") == (200, "ok\n")
    assert asked(bridge, "/readyz") == (503, "All threads are busy: requests wait.\n")
    bridge.queue[object()] = time.monotonic() - 60
    assert asked(bridge, "/dashboard") == (503, "The server is busy. Try again in a moment.\n")
    bridge.queue.clear()
    go_on.set()
    assert asked(bridge, "/dashboard")[0] == 302
    assert asked(bridge, "/readyz") == (200, "ready\n")
    bridge.pool.shutdown()
    bridge.aside.shutdown()
    bridge.disk.shutdown()


@pytest.mark.parametrize(
    ("parts", "chunks"),
    [([], [0]), ([5_000], [5_000]), ([200, 200, 200], [400, 200]), ([300], [300]), ([0, 9], [9])],
)
def test_a_call_knows_its_last_chunk_so_that_its_answer_can_go(parts, chunks):
    sizes = [1024 * size for size in parts]

    def app(_environ, start):
        start("200 OK", [])
        return (b"x" * size for size in sizes)

    with SpooledTemporaryFile() as body:
        call, found = Call(app, {}, body), []
        call.begin()
        found.append(len(call.chunk))
        while call.more:
            call.go_on()
            found.append(len(call.chunk))
        call.close()
    assert found == [1024 * size for size in chunks]
