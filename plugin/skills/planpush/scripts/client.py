"""The server, and who we are to it."""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import dataclass, replace
from typing import Any, Dict

import credentials
import settings
import transport
from credentials import Credential
from transport import Answer, Call

SPARE = 15.0  # seconds for an answer on top of those that the server may hold it back
LINTED = 20.0  # seconds for findings: a push that follows must still end within two minutes


@dataclass
class Server:
    """A planpush server and the credential for it."""

    address: str
    credential: Credential
    source: str

    def get(self, path: str, **query: str) -> Answer:
        """Ask, and again when the connection drops."""
        return self._send(Call("GET", path + asked(query)))

    def document(self, path: str, **query: str) -> Answer:
        """Ask for a document, which is HTML."""
        return self._send(Call("GET", path + asked(query), html=True))

    def wait(self, path: str, seconds: int, **query: str) -> Answer:
        """Ask for what the server answers when there is news, or after these seconds."""
        path += asked({**query, "timeout": str(seconds)})
        return self._send(Call("GET", path, timeout=seconds + SPARE, again=False))

    def post(self, path: str, body: Dict[str, Any], key: str) -> Answer:
        """Send; the key makes a repeated request the same one."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return self._send(Call("POST", path, encoded(body), headers))

    def lint(self, body: Dict[str, Any]) -> Answer:
        """Have the body of a push checked; once, because a draft does not wait for it."""
        headers = {"Content-Type": "application/json"}
        call = Call("POST", "/api/lint", encoded(body), headers, timeout=LINTED, again=False)
        return self._send(call)

    def _send(self, call: Call) -> Answer:
        """Send with our token, and once more when the server wants a newer one."""
        token = self.credential.secret()
        answer = transport.send(self.address, bearing(call, token))
        newer = self.credential.renewed(token) if answer.status == 401 and token else ""
        return transport.send(self.address, bearing(call, newer)) if newer else answer


def encoded(body: Dict[str, Any]) -> bytes:
    """Return the JSON of a body; half a character that no UTF-8 can hold becomes a `?`."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def bearing(call: Call, token: str) -> Call:
    """Return the request with this token."""
    own = {"Authorization": f"Bearer {token}"} if token else {}
    return replace(call, headers={**call.headers, **own})


def asked(query: Dict[str, str]) -> str:
    """Return the query that holds what is not empty."""
    found = urllib.parse.urlencode({name: text for name, text in query.items() if text})
    return "?" + found if found else ""


def connect() -> Server:
    """Return the server that is set, with the token that is set or was got by signing in."""
    address, source = settings.server()
    return Server(address, credentials.of(address), source)
