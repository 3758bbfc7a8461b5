"""HTTP requests to providers, bounded in time and size."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests
import urllib3
from flask import g, has_request_context

from planpush.channels.deadline import within
from planpush.errors import Problem

log = logging.getLogger("planpush")

DEADLINE = 8.0  # seconds for all that one request of ours asks, however slowly it trickles
_CONNECT, _READ = 3.0, 5.0
_HEADERS = {"Accept": "application/json", "User-Agent": "planpush"}
_LARGEST = 1024 * 1024


@dataclass(eq=False)
class Unavailable(Problem):
    """503: the outside system cannot be reached, or is too slow; 502: it answers garbage."""

    status: int = 503
    code: str = "provider_unavailable"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers, and the JSON, None if it is none."""

    status: int
    headers: Mapping[str, str]
    json: Any


class Bearer(requests.auth.AuthBase):
    """A token; as an `auth`, it keeps requests from looking for another one in .netrc."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class Nobody(requests.auth.AuthBase):
    """No credentials at all, not even those of .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return request


NOBODY = Nobody()


def ask(
    who: str,
    method: str,
    url: str,
    *,
    auth: requests.auth.AuthBase = NOBODY,
    headers: Mapping[str, str] | None = None,
    data: Mapping[str, str] | None = None,
) -> Answer:
    """Return what `who` answers, redirects not followed. Raises `Unavailable`."""
    sent = _HEADERS | dict(headers or {})
    try:
        left = _left()
        answer = within(left, partial(_exchange, left, method, url, auth, sent, data))
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        ValueError,
        TimeoutError,
    ) as error:
        log.warning("%s does not answer: %s", who, type(error).__name__)
        raise unavailable(who) from None
    if answer.status >= 500:
        log.warning("%s answers %s", who, answer.status)
        raise Unavailable(f"{who} answers with an error. Try again in a moment.", status=502)
    return answer


def hurry(seconds: float) -> None:
    """Let this request ask others for `seconds` from now on at the most."""
    g.asking_ends = min(time.monotonic() + seconds, g.get("asking_ends", float("inf")))


def _left() -> float:
    """Return the seconds that are left to ask: one request of ours waits for all together."""
    if not has_request_context():
        return DEADLINE
    left: float = g.setdefault("asking_ends", time.monotonic() + DEADLINE) - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _exchange(left: float, method: str, url: str, auth: Any, headers: Any, data: Any) -> Answer:
    with requests.request(
        method, url, auth=auth, headers=headers, data=data, stream=True,
        timeout=(min(_CONNECT, left), min(_READ, left)), allow_redirects=False,
    ) as response:  # fmt: skip
        body = _read(response, time.monotonic() + left)
    return Answer(response.status_code, response.headers, _parsed(body))


def unavailable(who: str) -> Unavailable:
    """Return the problem of a provider that does not answer."""
    return Unavailable(f"{who} does not answer. Try again in a moment.")


def garbage(who: str) -> Unavailable:
    """Return the problem of a provider that answers what nobody can read."""
    return Unavailable(f"{who} answered something that is not understood.", status=502)


def _read(response: requests.Response, ends: float) -> bytes:
    body = b""
    # Not iter_content: it waits until a whole piece is there, however slowly that trickles in.
    while chunk := response.raw.read1(16 * 1024, decode_content=True):
        body += chunk
        if len(body) > _LARGEST or time.monotonic() > ends:
            raise ValueError("too much, or too slow")
    return body


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
