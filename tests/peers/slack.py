"""A Slack of our own on loopback: it knows one bot token and one webhook, and how to fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.peers import running

TOKEN, HOOK = "xoxb-hush-slack-bot-token", "/services/T1/B1/hush"


class FakeSlack:
    """What was posted, and its trouble: a body that it answers everything with."""

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.trouble: tuple[int, bytes] | None = None
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Mine", (_Handler,), {"hub": self}))
        self.base = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, path: str, token: str, body: str) -> tuple[int, bytes]:
        if self.trouble is not None:
            return self.trouble
        if path == HOOK:
            self.posted.append(json.loads(body)["text"])
            return 200, b"ok"
        if path != "/api/auth.test":
            return 404, b"no_service"
        known = {"ok": True, "user": "planpush", "team": "ACME"}
        told = known if token == f"Bearer {TOKEN}" else {"ok": False, "error": "invalid_auth"}
        return 200, json.dumps(told).encode()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeSlack

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        token = self.headers.get("Authorization", "")
        status, told = self.hub.answer(self.path, token, body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[FakeSlack]:
    """Serve one until the block ends."""
    hub = FakeSlack()
    with running(hub.http):
        yield hub
