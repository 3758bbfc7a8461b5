"""HTTP as this helper speaks it: one attempt, bounded retries, answers as data."""

from __future__ import annotations

import email.utils
import http.client
import json
import random
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from stop import FIX, UNREACHABLE, Stop, one_line

VERSION = "1.0.0"
RETRIED = (429, 502, 503, 504)
PAUSES = (0.2, 0.6, 1.8)  # seconds before the second, third and fourth attempt
BUDGET = 80.0  # seconds: agents stop a command after two minutes
ATTEMPT = 30.0  # seconds for one attempt
LARGEST = 64 * 1024 * 1024  # bytes of an answer; planpush's are far smaller
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass
class Call:
    """A request to a server."""

    method: str
    path: str
    body: Optional[bytes] = None
    headers: Dict[str, str] = field(default_factory=dict)
    timeout: float = ATTEMPT
    html: bool = False  # the good answer is a document, not JSON
    again: bool = True  # worth another attempt when none comes


@dataclass
class Answer:
    """A response: `data` is the decoded JSON, or an empty dict; `text` is what is no JSON."""

    status: int
    data: Dict[str, Any]
    headers: Dict[str, str]
    text: str = ""


class Lost(Exception):
    """No answer came. `sent` is False where the request cannot have reached the server."""

    def __init__(self, trouble: str, sent: bool) -> None:
        super().__init__(trouble)
        self.sent = sent


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are answers: following one would hand the token to another address."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        """Refuse."""


def send(address: str, call: Call) -> Answer:
    """Return the answer; try again while the server is busy or the connection drops."""
    end = time.monotonic() + BUDGET
    for pause in (*(PAUSES if call.again else ()), None):
        answer, trouble = None, ""
        try:
            answer = attempt(address, call)
        except Lost as lost:
            trouble = str(lost)
        if answer is not None and answer.status not in RETRIED:
            return checked(address, answer, call.html)
        wait = (pause or 0) * random.uniform(0.8, 1.2)
        if answer is not None:
            wait = max(wait, retry_after(answer.headers))
        if pause is None or time.monotonic() + wait + call.timeout > end:
            break
        time.sleep(wait)
    raise gave_up(address, answer, trouble)


def attempt(address: str, call: Call) -> Answer:
    """Return the answer to one request, a refusal included. Raises `Lost` when none comes."""
    headers = {"Accept": "application/json", "User-Agent": f"planpush-helper/{VERSION}"}
    headers.update(call.headers)
    request = urllib.request.Request(address + call.path, call.body, headers, method=call.method)
    handlers: List[Any] = [NoRedirect]
    if urllib.parse.urlsplit(address).hostname in LOOPBACK:
        handlers.append(urllib.request.ProxyHandler({}))
    try:
        return answered(urllib.request.build_opener(*handlers), request, call.timeout)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise Stop(
                UNREACHABLE,
                f"the certificate of {address} is not trusted: {reason.verify_message}",
                "fix: set SSL_CERT_FILE to the file with your organisation's authority",
            ) from None
        # urllib wraps what fails up to sending, the connection, TLS or a proxy's tunnel, and
        # nothing that fails after it.
        early = isinstance(error, urllib.error.URLError)
        raise Lost(one_line(reason) or type(error).__name__, sent=not early) from None


def answered(
    opener: urllib.request.OpenerDirector, request: urllib.request.Request, timeout: float
) -> Answer:
    """Return the answer to one request, a refusal included."""
    try:
        response = opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return read(response)


def read(response: Any) -> Answer:
    """Return status, data and lower-case headers of a response."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    raw = response.read(LARGEST)
    text = raw.decode("utf-8", "replace")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return Answer(response.status, {}, headers, text)
    return Answer(response.status, data if isinstance(data, dict) else {}, headers)


def checked(address: str, answer: Answer, html: bool = False) -> Answer:
    """Return the answer if it can be planpush's."""
    if 300 <= answer.status < 400:
        target = one_line(answer.headers.get("location", "elsewhere"))[:200]
        raise Stop(
            UNREACHABLE,
            f"{address} sends us on to {target}",
            "fix: if this network has a sign-in page, open it in a browser first; else set"
            " PLANPUSH_SERVER to the server's own address",
        )
    good = bool(answer.text and "etag" in answer.headers) if html else bool(answer.data)
    if answer.status < 300 and answer.status != 204 and not good:
        raise stranger(address)
    return answer


def stranger(address: str) -> Stop:
    """Return the stop for an address where something else answers."""
    return Stop(
        UNREACHABLE,
        f"{address} does not answer like a planpush server",
        "fix: set PLANPUSH_SERVER to the address that the plan pages begin with; if a proxy"
        " stands between, ask it to let that address through",
    )


def gave_up(address: str, answer: Optional[Answer], trouble: str) -> Stop:
    """Return the stop for a server that did not answer, or was busy to the end."""
    if answer is None:
        fix = "fix: check that the server runs and that this is its address"
        return Stop(UNREACHABLE, f"no answer from {address}: {trouble}", fix)
    if answer.status == 429:
        wait = int(retry_after(answer.headers)) + 1
        fix = f"fix: run the same command again in {wait} seconds"
        return Stop(FIX, "the server asks us to slow down (429)", fix)
    fix = "fix: run the same command again in a minute; nothing is stored twice"
    return Stop(UNREACHABLE, f"{address} is not available ({answer.status})", fix)


def retry_after(headers: Dict[str, str]) -> float:
    """Return the seconds that Retry-After asks for; it is a number or a date."""
    text = headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError):
        return 0.0
