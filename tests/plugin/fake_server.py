"""A planpush server of a few lines: one plan, its sections by content hash, scripted refusals."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from planpush.document.lint.linter import review

TOKEN = "ppt_example"
Answer = tuple[int, Any, dict[str, str]]
"""Status, what is sent as JSON (a str is sent as an HTML page), headers."""
INFO = {"name": "planpush", "api": 1}
DROP: Answer = (0, {}, {})
"""A scripted answer that never arrives: the connection ends without one."""


@dataclass
class Seen:
    """A request as the server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class FakeServer:
    """Holds one plan; `script` answers come before what it would say itself."""

    seen: list[Seen] = field(default_factory=list)
    script: list[Answer] = field(default_factory=list)
    threads: list[dict[str, Any]] = field(default_factory=list)
    sections: list[dict[str, Any]] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    answered: dict[str, Answer] = field(default_factory=dict)
    oauth: list[Answer] = field(default_factory=list)
    lint: list[Answer] = field(default_factory=list)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    version: int = 0
    address: str = ""
    plan: str = "tokens"
    visibility: str = "private"

    def pushes(self) -> list[Seen]:
        """Return the pushes that arrived."""
        return self.to("/api/push")

    def to(self, path: str) -> list[Seen]:
        """Return the requests to a path."""
        return [one for one in self.seen if one.path == path]

    def answer(self, seen: Seen) -> Answer:
        """Return what a server says to this request."""
        self.seen.append(seen)
        if seen.path == "/api/info":
            return self.script.pop(0) if self.script else (200, INFO, {})
        if seen.path.startswith("/oauth/"):
            return self.oauth.pop(0) if self.oauth else (400, {"error": "invalid_request"}, {})
        if seen.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 401, {"title": "Unauthorized", "status": 401}, {}
        if seen.path == "/api/push":
            return self.idempotent(seen)
        if seen.path == "/api/lint":
            return self.lint.pop(0) if self.lint else self.linted(seen.body)
        return self.script.pop(0) if self.script else self.shown(urlsplit(seen.path).path)

    def shown(self, path: str) -> Answer:
        """Return what the plan looks like."""
        plan = {"plan": self.plan, "title": "Tokens", "version": self.version}
        plan["visibility"] = self.visibility
        plan["open_threads"] = sum(one["open_threads"] for one in self.sections)
        outline = {"version": self.version, "sections": self.sections}
        routes: dict[str, dict[str, Any]] = {
            "/api/plans": {"plans": [plan] if self.version else [], "cursor": None},
            f"/api/plans/{self.plan}": plan | {"url": f"{self.address}/p/{self.plan}"},
            f"/api/plans/{self.plan}/outline": outline,
            f"/api/plans/{self.plan}/threads": {"threads": self.threads, "cursor": None},
        }
        return (200, routes[path], {}) if path in routes else (404, {"title": "Not Found"}, {})

    def linted(self, body: dict[str, Any]) -> Answer:
        """Return what the real linter finds, and which sections with open threads are left out."""
        found = review(
            [(one["anchor"], one["html"]) for one in body["sections"]],
            allow_secrets=bool(body.get("allow_secrets")),
        )
        errors, warnings = ([one.as_dict() for one in kind] for kind in found)
        kept = {one[name] for one in body["sections"] for name in ("anchor", "was")}
        for one in self.sections if body.get("plan") else []:
            if one["open_threads"] and one["anchor"] not in kept:
                message = f"“{one['anchor']}” is gone, and open comments sit on it."
                code = {"code": "anchor_with_threads", "fix": "Answer them."}
                warnings.append({"field": "sections", "message": message} | code)
        return 200, {"errors": errors, "warnings": warnings}, {}

    def idempotent(self, seen: Seen) -> Answer:
        """Store a push once per key, and lose or replace the answer if the script says so."""
        key = seen.headers["idempotency-key"]
        scripted = self.script.pop(0) if self.script else None
        if scripted and scripted != DROP:
            return scripted
        if key not in self.answered:
            self.answered[key] = self.store(seen.body)
        return scripted or self.answered[key]

    def store(self, body: dict[str, Any]) -> Answer:
        """Take a push and count what changed."""
        sent = {one["anchor"]: one for one in body["sections"]}
        self.held |= {one["sha256"]: one["html"] for one in sent.values() if one["html"]}
        assert all(one["sha256"] in self.held for one in sent.values())
        self.visibility = body.get("visibility") or self.visibility
        same = [one["sha256"] for one in self.sections] == [s["sha256"] for s in sent.values()]
        counts = {"sent": sum(bool(one["html"]) for one in sent.values())}
        if not same:
            self.version += 1
            self.sections = [
                {"anchor": anchor, "sha256": one["sha256"], "title": anchor, "open_threads": 0}
                for anchor, one in sent.items()
            ]
        answer: dict[str, Any] = {
            "plan": self.plan,
            "version": self.version,
            "url": f"{self.address}/p/{self.plan}",
            "visibility": self.visibility,
            "sections": counts,
            "threads": {},
            "unanswered": [],
            "warnings": [],
        }
        return (200 if same else 201), answer, {}


class Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the fake server, writes the answer or hangs up."""

    fake: FakeServer

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        sent = self.rfile.read(length) or b"{}"
        is_form = "urlencoded" in self.headers.get("content-type", "")
        body = dict(parse_qsl(sent.decode())) if is_form else json.loads(sent)
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, data, more = self.fake.answer(Seen(self.command, self.path, headers, body))
        if not status:
            return
        raw = (data if isinstance(data, str) else json.dumps(data)).encode()
        self.send_response(status)
        kind = "text/html" if isinstance(data, str) else "application/json"
        own = {"Content-Length": str(len(raw)), "Content-Type": kind}
        for name, value in {**own, **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    do_POST = do_GET

    def log_message(self, *arguments: object) -> None:
        return


def listen(fake: FakeServer) -> Callable[[], None]:
    """Serve on a free loopback port; return what ends it."""
    handler = type("OneHandler", (Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    fake.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end
