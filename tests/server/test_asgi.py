"""The ASGI adapter: requests, slow clients, clients that leave, and how a process stops."""

import asyncio
import errno
import signal
import threading
import time
from types import SimpleNamespace

import pytest
from gunicorn.workers.gasgi import ASGIWorker

from planpush.server import gunicorn
from planpush.server.asgi import adapter as adapters
from planpush.server.asgi import wsgi_call
from planpush.server.asgi.adapter import Adapter
from planpush.server.asgi.event_loop import Worker
from tests.apart import finished

PATIENCE = 60  # seconds
KB = bytes(range(256)) * 4


class Serving:
    """An adapter with one thread. `wsgi` replaces the app; `got` is what was sent."""

    def __init__(self, app):
        self.app, self.adapter, self.got = app, Adapter(app, 1), []

    def wsgi(self, parts, *headers):
        def answer(_environ, start):
            start("200 OK", list(headers))
            return parts

        self.app.wsgi_app = answer

    async def send(self, message):
        self.got.append(message)

    async def receive(self):
        return {"type": "http.request", "body": b"", "more_body": False}

    async def ask(self, path="/", receive=None, send=None):
        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
            "scheme": "http", "query_string": b"", "headers": [(b"host", b"localhost")],
            "http_version": "1.1",
        }  # fmt: skip
        self.got.clear()
        await self.adapter(scope, receive or self.receive, send or self.send)

    def answer(self, *asked, **told):
        """Ask; return the status and the body."""
        finished(self.ask(*asked, **told))
        assert [one.get("more_body") for one in self.got[-2:]] != [False, False]
        assert self.got[-1]["more_body"] is False
        return self.got[0]["status"], b"".join(one["body"] for one in self.got[1:])


@pytest.fixture
def serving(app):
    made = Serving(app)
    yield made
    for pool in (made.adapter.pool, made.adapter.health_pool):
        pool.shutdown()


@pytest.mark.parametrize("disk", ["fine", "full"])
@pytest.mark.parametrize("has_length", [True, False])
@pytest.mark.parametrize("sizes", [[], [5], [64], [5_000], [200, 200, 200], [300], [0, 9]])
def test_a_client_gets_the_whole_response(serving, monkeypatch, sizes, has_length, disk):
    def fail():
        raise OSError(errno.ENOSPC, "full")

    if disk == "full":
        monkeypatch.setattr(wsgi_call, "TemporaryFile", fail)
    body = b"".join(KB * size for size in sizes)
    length = [("Content-Length", str(len(body)))] if has_length else []
    serving.wsgi((KB * size for size in sizes), *length)
    assert serving.answer() == (200, body)
    assert max(len(one["body"]) for one in serving.got[1:]) <= 64 * 1024


def test_a_client_that_stops_reading_is_cut_off_and_holds_no_thread(serving, monkeypatch):
    monkeypatch.setattr(adapters, "_STALLED", 0.01)
    closed = threading.Event()

    def parts():
        try:
            while True:
                yield KB * 300
        finally:
            closed.set()

    async def send(message):
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    serving.wsgi(parts())
    with pytest.raises(asyncio.CancelledError):
        finished(serving.ask(send=send))
    assert closed.wait(PATIENCE)
    serving.wsgi([b"free"])
    assert serving.answer() == (200, b"free")


def test_a_request_whose_client_left_is_finished_and_then_closed(serving):
    begun, go_on, done = threading.Event(), threading.Event(), []

    class Parts(list):
        def close(self):
            done.append("closed")

    def answer(environ, start):
        begun.set()
        assert go_on.wait(PATIENCE) and not environ["wsgi.input"].closed
        done.append("answered")
        start("200 OK", [])
        return Parts()

    async def leave():
        runs = asyncio.create_task(serving.ask())
        await asyncio.to_thread(begun.wait, PATIENCE)
        waits = asyncio.create_task(serving.ask())  # for the only thread
        await asyncio.sleep(0.05)
        for task in (runs, waits):
            task.cancel()
        await asyncio.gather(runs, waits, return_exceptions=True)

    serving.app.wsgi_app = answer
    finished(leave())
    assert serving.adapter.queue == {} and done == []
    go_on.set()
    serving.adapter.pool.shutdown()
    assert done == ["answered", "closed"]


@pytest.mark.parametrize("messages", [[], [{"type": "http.disconnect"}]])
def test_a_body_that_does_not_arrive_is_408_and_never_reaches_the_app(
    serving, monkeypatch, messages
):
    monkeypatch.setattr(adapters, "_BODY_SECONDS", 0.05)

    async def receive():
        while not messages:
            await asyncio.sleep(PATIENCE)
        return messages[0]

    serving.app.wsgi_app = None
    status, body = serving.answer(receive=receive)
    assert (status, body) == (408, b"The request took too long to arrive.\n")


def test_while_all_threads_hang_health_is_answered_and_nobody_waits_forever(serving):
    go_on, queue = threading.Event(), serving.adapter.queue
    serving.adapter.pool.submit(go_on.wait, PATIENCE)
    queue[object()] = time.monotonic() - 15
    assert serving.answer("/healthz") == (200, b"ok\n")
    assert serving.answer("/readyz") == (503, b"All threads are busy: requests wait.\n")
    queue[object()] = time.monotonic() - 60
    busy = b"The server is busy. Try again in a moment.\n"
    assert serving.answer("/dashboard") == (503, busy)
    queue.clear()
    go_on.set()
    assert serving.answer("/dashboard")[0] == 302
    assert serving.answer("/readyz") == (200, b"ready\n")


def test_a_process_stops_after_what_runs_but_not_after_health_checks(serving):
    begun, go_on, done, check = threading.Event(), threading.Event(), [], threading.Event()

    def work():
        begun.set()
        assert go_on.wait(PATIENCE)
        done.append("answered")

    serving.adapter.health_pool.submit(check.wait, 2 * PATIENCE)
    serving.adapter.pool.submit(work)
    assert begun.wait(PATIENCE)
    ending = threading.Thread(target=serving.adapter.finish, daemon=True)
    ending.start()
    ending.join(0.1)
    assert ending.is_alive() and done == []
    go_on.set()
    ending.join(PATIENCE)
    assert not ending.is_alive() and done == ["answered"]
    hub = serving.adapter.hub
    assert hub.watcher.stop.is_set() and hub.readings.stop.is_set()
    check.set()


def test_a_process_that_stops_ignores_further_signals(monkeypatch):
    """The master repeats them every second when it needs fewer processes, or has newer ones."""
    numbers, seen = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2), []
    before = {number: signal.getsignal(number) for number in numbers}
    worker = Worker.__new__(Worker)
    worker.asgi = SimpleNamespace(finish=lambda: seen.extend(map(signal.getsignal, numbers)))
    monkeypatch.setattr(ASGIWorker, "run", lambda _: None)
    try:
        worker.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert seen == [signal.SIG_IGN] * 3


@pytest.mark.parametrize(("said", "code"), [(0, 0), (3, 3), (None, 0), ("words", 1)])
def test_a_process_exits_with_the_code_of_its_master(monkeypatch, said, code):
    exits = []

    def run(_master):
        raise SystemExit(said)

    monkeypatch.setattr("sys.stdout", None)  # whoever started it may have closed it
    monkeypatch.setattr(gunicorn, "Master", lambda _: SimpleNamespace(run=lambda: run(None)))
    monkeypatch.setattr(gunicorn.os, "_exit", exits.append)
    monkeypatch.setattr(gunicorn.logging, "shutdown", lambda: None)
    gunicorn.Server.run(gunicorn.Server.__new__(gunicorn.Server))
    assert exits == [code]
