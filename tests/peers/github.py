"""A GitHub of our own on loopback: it knows codes, PKCE and the client secret, and how to fail."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.peers import running

CLIENT, SECRET, ORG = "planpush-client", "hush-github-client-secret", "acme"
TOKEN = "/login/oauth/access_token"
OWN_MEMBERSHIP = f"/user/memberships/orgs/{ORG}"
HUGE = b"[" + b"1," * (2 * 1024 * 1024) + b"1]"


@dataclass
class Account:
    """Somebody at GitHub; `state` is of the membership, nothing: no member."""

    id: int
    login: str
    state: str = "active"
    name: Any = "Octo Dev"
    emails: list[Any] = field(default_factory=list)

    def public(self) -> dict[str, Any]:
        return {"id": self.id, "login": self.login, "name": self.name}


class FakeGitHub:
    """Its accounts, and its troubles: `trouble["/user"] = "500"`; every request is counted."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.trouble: dict[str, str | bytes] = {}
        self.asked: Counter[str] = Counter()
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, Account] = {}
        self.over = threading.Event()  # slow answers end when the test does
        self.thinking = threading.Event()  # a slow answer is awaited
        self.keeps_codes = False
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Mine", (_Handler,), {"hub": self}))
        self.base = f"http://127.0.0.1:{self.http.server_port}"

    @property
    def settings(self) -> dict[str, str]:
        """What planpush has to be told to sign people in here."""
        return {
            "github_client_id": CLIENT, "github_client_secret": SECRET, "github_org": ORG,
            "github_url": self.base, "github_api_url": self.base,
        }  # fmt: skip

    def add(self, id: int, login: str, email: str = "", **rest: Any) -> Account:
        emails = [{"email": email, "verified": True, "primary": True}] if email else []
        self.accounts[login] = Account(id, login, **({"emails": emails} | rest))
        return self.accounts[login]

    def consent(self, start: str, login: str) -> str:
        """Say yes as `login` to the request that `start` leads to; return the way back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(start).query).items()}
        assert start.startswith(f"{self.base}/login/oauth/authorize?") and asked["state"]
        assert (asked["client_id"], asked["code_challenge_method"]) == (CLIENT, "S256")
        code = secrets.token_hex(10)
        self.codes[code] = asked | {"login": login}
        back = {"code": code, "state": asked["state"]}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def redeem(self, form: dict[str, str]) -> dict[str, str]:
        """Answer a request for a token."""
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return {"error": "incorrect_client_credentials", "error_description": "No."}
        code = form.get("code", "")
        asked = self.codes.get(code) if self.keeps_codes else self.codes.pop(code, None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != proof:
            return {"error": "bad_verification_code", "error_description": "<b>No.</b>"}
        token = f"gho_{secrets.token_hex(18)}"
        self.tokens[token] = self.accounts[asked["login"]]
        return {"access_token": token, "token_type": "bearer", "scope": "read:org,user:email"}

    def told(self, path: str, account: Account | None) -> tuple[int, Any]:
        """Answer a request to the API."""
        if account is None:
            return 401, {"message": "Bad credentials"}
        member = {"state": account.state, "role": "member", "user": account.public()}
        found = {
            "/user": account.public(),
            "/user/emails": account.emails,
            OWN_MEMBERSHIP: member if account.state else None,
            f"/orgs/{ORG}/memberships/{account.login}": member if account.state else None,
        }.get(path)
        return (200, found) if found is not None else (404, {"message": "Not Found"})


class _Handler(BaseHTTPRequestHandler):
    hub: FakeGitHub

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.hub.asked[path] += 1
        if not self._fails(path):
            kind, _, token = self.headers.get("Authorization", "").partition(" ")
            account = self.hub.tokens.get(token) if kind == "Bearer" else None
            self._send(*self.hub.told(path, account))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.hub.asked[self.path] += 1
        if not self._fails(self.path):
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._send(200, self.hub.redeem(form))

    def _fails(self, path: str) -> bool:
        """Answer with the trouble that was ordered for `path`, if any was."""
        trouble = self.hub.trouble.get(path)
        if trouble == "slow":
            self.hub.thinking.set()
            self.hub.over.wait(30)
        elif trouble == "trickle":
            self._trickle()
        elif trouble == "redirect":
            self._send(307, {}, Location=f"{self.hub.base}/elsewhere")
        elif isinstance(trouble, bytes):
            self._send(200, trouble)
        elif trouble:
            self._send(int(trouble), {"message": "<script>alert(1)</script>"})
        return trouble is not None

    def _trickle(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        while not self.hub.over.wait(0.05):
            self.wfile.write(b" ")

    def _send(self, status: int, told: Any, **headers: str) -> None:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[FakeGitHub]:
    """Serve one until the block ends."""
    hub = FakeGitHub()
    with running(hub.http, hub.over):
        yield hub
