"""Outside systems that the tests talk to, over real HTTP on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer

import pytest


@contextmanager
def running(server: ThreadingHTTPServer, over: threading.Event | None = None) -> Iterator[None]:
    """Serve until the block ends; `over` then tells handlers that dawdle to stop."""
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        if over is not None:
            over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def impatient(trouble: object, seconds: float = 0.8) -> Iterator[None]:
    """Let the app wait so long for a peer whose `trouble` is to be slow, and as ever for others.

    A machine that is busy must not make a prompt answer a late one.
    """
    with pytest.MonkeyPatch.context() as patch:
        if trouble in ("slow", "trickle"):
            for name in ("_CONNECT", "_READ", "DEADLINE"):
                patch.setattr(f"planpush.channels.http.{name}", seconds)
        yield
