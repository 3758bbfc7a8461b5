"""A Slack of our own on loopback: it knows one bot token and one webhook, and how to fail."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from tests.peers import running

TOKEN, HOOK = "xoxb-hush-slack-bot-token", "/services/T1/B1/hush"
Answer = tuple[int, dict[str, str], bytes]


class FakeSlack:
    """What was posted, and its trouble: what it answers everything with, after `delay` seconds.

    `messages` are what is in the channels, by ts, as the last update left them. `calls` are all
    calls that it took: (method, arguments). `refusals` are what it says next, by method, and
    `scopes` what the bot lacks; after `losing` so many times it takes a message and says 500.
    """

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.messages: dict[str, dict[str, Any]] = {}
        self.people: dict[str, str] = {}  # Slack's id by address
        self.trouble: tuple[int, bytes] | None = None
        self.refusals: dict[str, list[str]] = {}
        self.scopes: dict[str, str] = {}
        self.granted = ""  # the scopes that it names with every answer
        self.channels = {"C1": "plans"}
        self.channel: dict[str, Any] = {"is_member": True}
        self.losing = self.asked = 0
        self.trickles = False
        self.headers: dict[str, str] = {}
        self.delay = 0.0
        self.lock, self.numbers = threading.Lock(), itertools.count(1)
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Mine", (_Handler,), {"hub": self}))
        self.http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.http.server_port}"

    @property
    def webhook(self) -> dict[str, str]:
        """What a server needs to post by the webhook."""
        return {"SLACK_WEBHOOK_URL": self.base + HOOK}

    @property
    def bot(self) -> dict[str, str]:
        """What a server needs to post as a bot."""
        api = {"SLACK_API_URL": f"{self.base}/api", "SLACK_CHANNEL": "C1"}
        return {"SLACK_BOT_TOKEN": TOKEN} | api

    def said(self, method: str) -> list[dict[str, Any]]:
        return [told for name, told in self.calls if name == method]

    def answer(self, path: str, token: str, kind: str, body: str) -> Answer:
        self.asked += 1
        time.sleep(self.delay)
        if self.trouble is not None:
            return self.trouble[0], self.headers, self.trouble[1]
        with self.lock:
            if path == HOOK:
                return self._hook(json.loads(body))
            if not path.startswith("/api/"):
                return 404, {}, b"no_service"
            method, told = path.removeprefix("/api/"), _arguments(kind, body)
            found = self._method(method, told, token)
            if self._loses(method):
                return 500, {}, b""
            headers = {"Content-Type": "application/json"}
            headers |= {"X-OAuth-Scopes": self.granted} if self.granted else {}
            return 200, headers, json.dumps(found).encode()

    def _hook(self, told: dict[str, Any]) -> Answer:
        refusal = (self.refusals.get("webhook") or [""]).pop(0) or unfit(told)
        if refusal:
            return 400, {}, refusal.encode()
        self.posted.append(told["text"])
        self.calls.append(("webhook", told))
        return (500, {}, b"") if self._loses("webhook") else (200, {}, b"ok")

    def _loses(self, method: str) -> bool:
        lost = self.losing > 0 and method in ("webhook", "chat.postMessage")
        self.losing -= lost
        return lost

    def _method(self, method: str, told: dict[str, Any], token: str) -> dict[str, Any]:
        if token != f"Bearer {TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        act = getattr(self, "_" + method.replace(".", "_"), None)
        if act is None:
            return {"ok": False, "error": "unknown_method"}
        if method in self.scopes:
            return {"ok": False, "error": "missing_scope", "needed": self.scopes[method]}
        refusal = (self.refusals.get(method) or [""]).pop(0) or unfit(told)
        if refusal:
            return {"ok": False, "error": refusal}
        found = act(told)
        if "ok" not in found:
            self.calls.append((method, told))
        return {"ok": True} | found

    def _auth_test(self, _told: dict[str, Any]) -> dict[str, Any]:
        return {"user": "planpush", "team": "ACME", "user_id": "UBOT", "bot_id": "BBOT"}

    def _chat_postMessage(self, told: dict[str, Any]) -> dict[str, Any]:
        root = told.get("thread_ts")
        if root and root not in self.messages:
            return {"ok": False, "error": "thread_not_found"}
        ts = f"{int(time.time())}.{next(self.numbers):06}"
        self.messages[ts] = told | {"ts": ts}
        return {"ts": ts, "channel": told["channel"], "message": self.messages[ts]}

    def _chat_update(self, told: dict[str, Any]) -> dict[str, Any]:
        if told["ts"] not in self.messages:
            return {"ok": False, "error": "message_not_found"}
        self.messages[told["ts"]] |= told
        return {"ts": told["ts"], "channel": told["channel"]}

    def _users_lookupByEmail(self, told: dict[str, Any]) -> dict[str, Any]:
        if told["email"] not in self.people:
            return {"ok": False, "error": "users_not_found"}
        return {"user": {"id": self.people[told["email"]]}}

    def _conversations_open(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"channel": {"id": "D" + told["users"][1:]}}

    def _conversations_list(self, _told: dict[str, Any]) -> dict[str, Any]:
        return {"channels": [{"id": one, "name": name} for one, name in self.channels.items()]}

    def _conversations_info(self, told: dict[str, Any]) -> dict[str, Any]:
        if told["channel"] not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        return {"channel": {"id": told["channel"], "name": "plans"} | self.channel}

    def _conversations_history(self, told: dict[str, Any]) -> dict[str, Any]:
        there = [
            one for one in self.messages.values()
            if one["channel"] in (told["channel"], self.channels.get(told["channel"]))
            and "thread_ts" not in one
        ]  # fmt: skip
        return self._page(there[::-1], told)

    def _conversations_replies(self, told: dict[str, Any]) -> dict[str, Any]:
        root = told["ts"]
        if root not in self.messages:
            return {"ok": False, "error": "thread_not_found"}
        there = [one for ts, one in self.messages.items() if root in (ts, one.get("thread_ts"))]
        return self._page(there, told)

    def _page(self, found: list[dict[str, Any]], told: dict[str, Any]) -> dict[str, Any]:
        begin, most = int(told.get("cursor", 0)), int(told["limit"])
        ahead = str(begin + most) if len(found) > begin + most else ""
        there = [one for one in found[begin : begin + most] if one["ts"] >= told["oldest"]]
        return {"messages": there, "response_metadata": {"next_cursor": ahead}}


def unfit(told: dict[str, Any]) -> str:
    """Return what Slack says of a message beyond its limits, empty if it is within."""
    blocks = told.get("blocks") or []
    sizes = [
        (len(text["text"]), 150 if block["type"] == "header" else 3_000)
        for block in blocks
        for text in [block.get("text"), *block.get("elements", ())]
        if text and text["type"] == "plain_text"
    ]
    if len(blocks) > 50 or any(not 0 < size <= most for size, most in sizes):
        return "invalid_blocks"
    return "msg_blocks_too_long" if sum(size for size, _ in sizes) > 13_200 else ""


def _arguments(kind: str, body: str) -> dict[str, Any]:
    if kind.startswith("application/json"):
        return dict(json.loads(body or "{}"))
    told: dict[str, Any] = dict(parse_qsl(body))
    for name in ("blocks", "metadata"):
        if name in told:
            told[name] = json.loads(told[name])
    return told


class _Handler(BaseHTTPRequestHandler):
    hub: FakeSlack

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._reply(self.path, self.headers.get("Content-Type", ""), body)

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self._reply(path, "application/x-www-form-urlencoded", query)

    def _reply(self, path: str, kind: str, body: str) -> None:
        token = self.headers.get("Authorization", "")
        status, headers, told = self.hub.answer(path, token, kind, body)
        if self.hub.trickles:
            self._trickle()
            return
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(told))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(told)

    def _trickle(self) -> None:
        with contextlib.suppress(OSError):
            while self.hub.trickles:
                self.wfile.write(b"H")
                self.wfile.flush()
                time.sleep(0.02)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[FakeSlack]:
    """Serve one until the block ends."""
    hub = FakeSlack()
    with running(hub.http):
        try:
            yield hub
        finally:
            hub.trickles = False
