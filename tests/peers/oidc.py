"""An OpenID provider of our own on loopback: strict with its clients, and able to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from tests.peers import running

CLIENT, SECRET = "planpush-client", "hush-okta-client-secret-of-the-app"
BACK_CHANNEL = "http://schemas.openid.net/event/backchannel-logout"


@cache
def key(kind: str, kid: str) -> Any:
    """A private key; the same name is the same key."""
    made = {"RSA": (RSAKey, 2048), "EC": (ECKey, "P-256"), "OKP": (OKPKey, "Ed25519")}[kind]
    return made[0].generate_key(made[1], {"kid": kid, "use": "sig"})


class FakeProvider:
    """Its people by subject, what it says of itself, and how it bends what it signs."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.metadata: dict[str, Any] = {}  # None takes a member away
        self.claims: dict[str, Any] = {}  # of every ID token; None takes a claim away
        self.token: dict[str, Any] = {}  # of the token endpoint's answer
        self.userinfo: dict[str, Any] | None = None
        self.header: dict[str, Any] = {}
        self.trouble: dict[str, str | bytes] = {}  # path: a status, or a body
        self.asked: Counter[str] = Counter()
        self.sent: dict[str, str] = {}  # the last request for a token
        self.codes: dict[str, dict[str, str]] = {}
        self.access: dict[str, str] = {}
        self.signed: list[str] = []
        self.over = threading.Event()
        self.signing: Any = key("RSA", "one")
        self.published = [self.signing]
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Mine", (_Handler,), {"op": self}))
        self.base = f"http://127.0.0.1:{self.http.server_port}"

    @property
    def settings(self) -> dict[str, str]:
        """What planpush has to be told to sign people in here."""
        named = {"okta_issuer": self.base, "okta_client_id": CLIENT}
        return named | {"okta_client_secret": SECRET}

    def add(self, sub: str, email: str, **rest: Any) -> None:
        self.people[sub] = {"sub": sub, "email": email, "email_verified": True} | rest

    def consent(self, start: str, sub: str, **extra: str) -> str:
        """Say yes as `sub` to the request that `start` leads to; return the way back."""
        asked = dict(parse_qsl(urlsplit(start).query))
        assert start.startswith(f"{self.base}/authorization?") and len(asked["state"]) > 20
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
        code = secrets.token_hex(10)
        self.codes[code] = asked | {"sub": sub, "sid": extra.pop("sid", secrets.token_hex(8))}
        back = {"code": code, "state": asked["state"]} | extra
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """Sign with the key and algorithm in force; None takes a header away."""
        signing = header.pop("key", self.signing)
        alg = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}.get(signing.key_type, "HS256")
        named = {"alg": alg, "kid": signing.get("kid")} | header
        named = {name: value for name, value in named.items() if value is not None}
        if named["alg"] == "none":
            return f"{packed(named)}.{packed(claims)}."
        registry = jws.JWSRegistry(algorithms=[named["alg"]], strict_check_header=False)
        registry.get_alg = lambda name: jws.JWSRegistry.algorithms[name]
        registry.check_header = lambda _header: None
        body = json.dumps(claims)
        self.signed.append(jws.serialize_compact(named, body, signing, registry=registry))
        return self.signed[-1]

    def betrayed(self, text: str) -> list[str]:
        """Return which parts of all that was signed, or their beginnings, a text has."""
        parts = (part for token in self.signed for part in token.split("."))
        # Three letters would do, but random ones of what is encrypted have these now and then.
        return [part for part in parts if part[:12] in text]

    def logout_token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Sign a demand to log out; None takes a claim away."""
        at = int(time.time())
        whole = {"iss": self.base, "aud": CLIENT, "iat": at, "exp": at + 120}
        whole |= {"jti": secrets.token_hex(8), "events": {BACK_CHANNEL: {}}} | claims
        return self.sign(bent(whole, {}), **({"typ": "logout+jwt"} | (header or {})))

    def revocation(self, audience: str, **claims: Any) -> str:
        """Sign a permission to end everything somebody has."""
        at, typ = int(time.time()), claims.pop("typ", "global-token-revocation+jwt")
        whole = {"iss": self.base, "aud": audience, "iat": at, "exp": at + 300, "sub": "okta"}
        return self.sign(bent(whole | {"jti": secrets.token_hex(8)}, claims), typ=typ)

    def told(self) -> dict[str, Any]:
        """The metadata."""
        names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri",
                 "end_session_endpoint")  # fmt: skip
        found = {name: f"{self.base}/{name.split('_')[0]}" for name in names}
        found |= {"issuer": self.base, "response_types_supported": ["code"]}
        found["scopes_supported"] = ["openid", "email", "profile", "groups", "offline_access"]
        algorithms = ["RS256", "ES256", "EdDSA", "HS256"]
        return bent(found | {"id_token_signing_alg_values_supported": algorithms}, self.metadata)

    def redeem(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """Answer a request for tokens."""
        self.sent, asked = form, self.codes.pop(form.get("code", ""), None)
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (unquote_plus(pair[0]), unquote_plus(pair[2])) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        wanted = (asked or {}).get("code_challenge"), (asked or {}).get("redirect_uri")
        if asked is None or wanted != (proof, form.get("redirect_uri")):
            return 400, {"error": "invalid_grant", "error_description": "<b>No.</b>"}
        access_token = secrets.token_hex(10)
        self.access[access_token] = asked["sub"]
        answer = {"access_token": access_token, "token_type": "Bearer", "expires_in": 3600}
        return 200, bent(answer | {"id_token": self.id_token(asked)}, self.token)

    def id_token(self, asked: dict[str, str]) -> str:
        at = int(time.time())
        claims = {"iss": self.base, "aud": CLIENT, "iat": at, "exp": at + 300}
        claims |= {"sid": asked["sid"], "nonce": asked["nonce"]} | self.people[asked["sub"]]
        return self.sign(bent(claims, self.claims), **self.header)

    def about(self, authorization: str) -> tuple[int, Any]:
        sub = self.access.get(authorization.removeprefix("Bearer "))
        if sub is None:
            return 401, {"error": "invalid_token"}
        return 200, {"sub": sub} | (self.people[sub] if self.userinfo is None else self.userinfo)


def bent(whole: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (whole | changes).items() if value is not None}


def packed(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def shared_secret() -> Any:
    """The client secret as a key, which a careless client would accept for HS256."""
    return OctKey.import_key(SECRET)


class _Handler(BaseHTTPRequestHandler):
    op: FakeProvider

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        authorization = self.headers.get("Authorization", "")
        if path == "/.well-known/openid-configuration":
            self.answer(path, lambda: (200, self.op.told()))
        elif path == "/jwks":
            keys = [one.as_dict(private=False) for one in self.op.published]
            self.answer(path, lambda: (200, {"keys": [*keys, {"kty": "new"}, 7]}))
        else:
            self.answer(path, lambda: self.op.about(authorization))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form, who = dict(parse_qsl(body)), self.headers.get("Authorization", "")
        self.answer(self.path, lambda: self.op.redeem(form, who))

    def answer(self, path: str, found: Any) -> None:
        self.op.asked[path] += 1
        trouble = self.op.trouble.get(path)
        if trouble == "slow":
            self.op.over.wait(20)
            return
        if trouble == "trickle":
            while not self.op.over.wait(0.05):
                self.wfile.write(b"HTTP/1.1 200 OK\r\n" if not self.op.asked["x"] else b"X: y\r\n")
                self.op.asked["x"] += 1
            return
        status, told = found() if trouble is None else (200, trouble)
        if isinstance(trouble, str):
            status, told = int(trouble), {}
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[FakeProvider]:
    """Serve one until the block ends."""
    op = FakeProvider()
    with running(op.http, op.over):
        yield op
