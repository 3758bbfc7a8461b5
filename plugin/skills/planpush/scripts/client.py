"""The server over HTTP: who we are to it, bounded retries, answers as data."""

from __future__ import annotations

import email.utils
import http.client
import json
import os
import random
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

import state
from stop import FIX, UNREACHABLE, Stop, one_line

VERSION = "0.1.0"
RETRIED = (429, 502, 503, 504)
PAUSES = (0.2, 0.6, 1.8)  # seconds before the second, third and fourth attempt
BUDGET = 80.0  # seconds: agents stop a command after two minutes
ATTEMPT = 30.0  # seconds for one attempt
LOOPBACK = ("localhost", "127.0.0.1", "::1")
NEW_TOKEN = (
    "make one on the server with `planpush token create EMAIL --name NAME`, or ask its operator;"
    " then `export PLANPUSH_TOKEN=…` in the shell that starts the agent"
)


@dataclass
class Answer:
    """A response: `data` is the decoded JSON, or an empty dict."""

    status: int
    data: Dict[str, Any]
    headers: Dict[str, str]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are answers: following one would hand the token to another address."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        """Refuse."""


@dataclass
class Server:
    """A planpush server and the token for it."""

    address: str
    token: str
    source: str

    def get(self, path: str, **query: str) -> Answer:
        """Ask, and again when the connection drops."""
        asked = urllib.parse.urlencode({name: text for name, text in query.items() if text})
        return self._send("GET", path + ("?" + asked if asked else ""))

    def push(self, body: Dict[str, Any], key: str) -> Answer:
        """Send a push; the key makes a repeated one the same push."""
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        more = {"Content-Type": "application/json", "Idempotency-Key": key}
        return self._send("POST", "/api/push", data, more)

    def _headers(self) -> Dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": f"planpush-helper/{VERSION}"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers

    def _send(
        self,
        method: str,
        path: str,
        body: Optional[bytes] = None,
        more: Optional[Dict[str, str]] = None,
    ) -> Answer:
        headers = {**self._headers(), **(more or {})}
        end = time.monotonic() + BUDGET
        for pause in (*PAUSES, None):
            request = urllib.request.Request(self.address + path, body, headers, method=method)
            answer, trouble = self._attempt(request)
            if answer is not None and answer.status not in RETRIED:
                return self._checked(answer)
            wait = (pause or 0) * random.uniform(0.8, 1.2)
            if answer is not None:
                wait = max(wait, retry_after(answer.headers))
            if pause is None or time.monotonic() + wait + ATTEMPT > end:
                break
            time.sleep(wait)
        raise self._gave_up(answer, trouble, wait)

    def _attempt(self, request: urllib.request.Request) -> Tuple[Optional[Answer], str]:
        handlers: List[Any] = [NoRedirect]
        if urllib.parse.urlsplit(self.address).hostname in LOOPBACK:
            handlers.append(urllib.request.ProxyHandler({}))
        try:
            return answered(urllib.request.build_opener(*handlers), request), ""
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise Stop(
                    UNREACHABLE,
                    f"the certificate of {self.address} is not trusted: {reason.verify_message}",
                    "fix: set SSL_CERT_FILE to the file with your organisation's authority",
                ) from None
            return None, one_line(reason) or type(error).__name__

    def _checked(self, answer: Answer) -> Answer:
        """Return the answer if it can be planpush's."""
        if 300 <= answer.status < 400:
            target = one_line(answer.headers.get("location", "elsewhere"))
            raise Stop(
                UNREACHABLE,
                f"{self.address} sends us on to {target}",
                "fix: set PLANPUSH_SERVER to the server's own address",
            )
        if answer.status < 300 and not answer.data:
            raise Stop(
                UNREACHABLE,
                f"{self.address} does not answer like a planpush server",
                "fix: set PLANPUSH_SERVER to the address that the plan pages begin with",
            )
        return answer

    def _gave_up(self, answer: Optional[Answer], trouble: str, wait: float) -> Stop:
        if answer is None:
            fix = "fix: check that the server runs and that PLANPUSH_SERVER is its address"
            return Stop(UNREACHABLE, f"no answer from {self.address}: {trouble}", fix)
        if answer.status == 429:
            fix = f"fix: run the same command again in {int(wait) + 1} seconds"
            return Stop(FIX, "the server asks us to slow down (429)", fix)
        fix = "fix: run the same command again in a minute; a push is never stored twice"
        return Stop(UNREACHABLE, f"{self.address} is not available ({answer.status})", fix)


def answered(opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> Answer:
    """Return the answer to one request, a refusal included."""
    try:
        response = opener.open(request, timeout=ATTEMPT)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return read(response)


def read(response: Any) -> Answer:
    """Return status, data and lower-case headers of a response."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    raw = response.read()
    try:
        data = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        data = {}
    return Answer(response.status, data if isinstance(data, dict) else {}, headers)


def retry_after(headers: Dict[str, str]) -> float:
    """Return the seconds that Retry-After asks for; it is a number or a date."""
    text = headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError):
        return 0.0


def connect() -> Server:
    """Return the server that the environment or ~/.planpush/config.json names."""
    stored = settings()
    wished = os.environ.get("PLANPUSH_SERVER", "").strip().rstrip("/")
    own = str(stored.get("server") or "").strip().rstrip("/")
    address = wished or own
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", address):
        raise Stop(
            UNREACHABLE,
            f"PLANPUSH_SERVER is not an address: {one_line(address)}" if address else "no server",
            "fix: set PLANPUSH_SERVER, for instance to https://plans.example.com",
        )
    token = os.environ.get("PLANPUSH_TOKEN", "").strip()
    if not token and address == own:  # a stored token belongs to its own server only
        token = str(stored.get("token") or "").strip()
    if not re.fullmatch(r"[!-~]*", token):
        fix = f"fix: copy it again, or {NEW_TOKEN}"
        raise Stop(UNREACHABLE, "the token holds characters that no token has", fix)
    return Server(address, token, "PLANPUSH_SERVER" if wished else "~/.planpush/config.json")


def settings() -> Dict[str, Any]:
    """Return ~/.planpush/config.json: `server` and `token`, both optional."""
    try:
        with open(os.path.join(state.home(), "config.json"), encoding="utf-8") as file:
            stored = json.load(file)
    except FileNotFoundError:
        return {}
    except ValueError:
        stored = None
    if not isinstance(stored, dict):
        fix = 'fix: write {"server": "https://plans.example.com", "token": "ppt_…"} into it'
        raise Stop(UNREACHABLE, "~/.planpush/config.json is not a JSON object", fix)
    return stored


def session() -> str:
    """Return the host's id of this conversation, empty where it tells none."""
    return os.environ.get("CLAUDE_CODE_SESSION_ID", "")[:200]
