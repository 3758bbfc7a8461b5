"""A receiver of webhooks on loopback: it keeps what it gets, and answers what it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.peers import running


class FakeHook:
    """Its posts: headers in lower case, and bodies as they came. `answers` are taken in turn."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.standing: tuple[int, dict[str, str], bytes] = (200, {}, b"ok")
        self.delay = 0.0
        self.lock = threading.Lock()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Mine", (_Handler,), {"hub": self}))
        self.http.daemon_threads = True
        self.host = f"http://127.0.0.1:{self.http.server_port}"
        self.url = f"{self.host}/in?token=hush"

    def read(self, secret: str) -> list[Any]:
        """What came, each checked by the Standard Webhooks library."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.posts]

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.posts]

    def told(self) -> list[Any]:
        return [json.loads(body) for _, body in self.posts]


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(self.hub.delay)
        hub, came = self.hub, {name.lower(): text for name, text in self.headers.items()}
        with hub.lock:
            hub.posts.append((came, body))
            status, headers, said = hub.answers.pop(0) if hub.answers else hub.standing
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(said))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[FakeHook]:
    """Serve one until the block ends."""
    hub = FakeHook()
    with running(hub.http):
        yield hub
