"""How a process that serves comes to its end: nothing that runs is cut off, nothing else waits."""

import signal
import sys
import threading
from types import SimpleNamespace

import pytest
from gunicorn.workers.gasgi import ASGIWorker

from planpush.server import gunicorn
from planpush.server.asgi import Bridge
from planpush.server.event_loop import Worker

PATIENCE = 60  # seconds


@pytest.fixture
def bridge(app):
    return Bridge(app, 1)


@pytest.fixture
def ending(bridge):
    """The end of a process, in a thread of its own."""
    return threading.Thread(target=bridge.finish, daemon=True)


def test_what_a_client_that_left_has_asked_for_is_done_first(bridge, ending):
    begun, go_on, done = threading.Event(), threading.Event(), []

    def work():
        begun.set()
        assert go_on.wait(PATIENCE)
        done.append("answered")

    bridge.pool.submit(work)
    bridge.pool.submit(done.append, "closed")
    assert begun.wait(PATIENCE)
    ending.start()
    ending.join(0.1)
    assert ending.is_alive() and done == []
    go_on.set()
    ending.join(PATIENCE)
    assert not ending.is_alive() and done == ["answered", "closed"]


def test_a_question_about_health_that_hangs_holds_up_no_end(bridge, ending):
    answer = threading.Event()
    bridge.aside.submit(answer.wait, 2 * PATIENCE)
    ending.start()
    ending.join(PATIENCE)
    hangs = ending.is_alive()
    answer.set()
    assert not hangs


def test_the_threads_of_the_hub_are_told(bridge):
    bridge.finish()
    assert bridge.hub.watcher.stop.is_set() and bridge.hub.readings.stop.is_set()


def test_who_is_told_again_still_does_what_was_asked(monkeypatch):
    """The master says so every second when it needs fewer processes, or has newer ones."""
    told, seen = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2), []
    before = {number: signal.getsignal(number) for number in told}
    worker = Worker.__new__(Worker)
    worker.asgi = SimpleNamespace(finish=lambda: seen.extend(map(signal.getsignal, told)))
    monkeypatch.setattr(ASGIWorker, "run", lambda _: None)
    try:
        worker.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert seen == [signal.SIG_IGN] * 3


def test_who_has_just_come_may_ask_when_those_kept_alive_were_told_already():
    new, kept = SimpleNamespace(req_count=1), SimpleNamespace(req_count=2)
    worker = Worker.__new__(Worker)
    worker.loop = SimpleNamespace(idle=[new, kept])
    assert worker._awaited(kept_alive=True) == [new, kept]
    assert worker._awaited(kept_alive=False) == [new]


@pytest.mark.parametrize("output", [True, False])
@pytest.mark.parametrize(("said", "code"), [(0, 0), (3, 3), (None, 0), ("words", 1)])
def test_a_process_that_ends_at_once_says_how(monkeypatch, said, code, output):
    ends = []
    if not output:  # as whoever starts it may have closed it
        monkeypatch.setattr(sys, "stdout", None)

    class Master:
        def __init__(self, app):
            assert isinstance(app, gunicorn.Server)

        def run(self):
            raise SystemExit(said)

    monkeypatch.setattr(gunicorn, "Master", Master)
    monkeypatch.setattr(gunicorn.os, "_exit", ends.append)
    monkeypatch.setattr(gunicorn.logging, "shutdown", lambda: None)
    gunicorn.Server.run(gunicorn.Server.__new__(gunicorn.Server))
    assert ends == [code]
