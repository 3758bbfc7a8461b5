"""Talking to Slack: bounded in time and size; no proxy, no redirect, and nothing is logged."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any
from urllib.request import Request

from slack_sdk import WebClient

from planpush.integrations.outbound import Answer, Refused, Unreachable, post

# Longer than Slack may think: who gives up earlier does not know whether it arrived.
PATIENCE = 60.0  # seconds for one call
_IN_ALL = 120.0  # for all calls that one message takes
_LARGEST = 4 * 1024 * 1024  # bytes: a page of a channel's messages
# An admin chose the address, so it may be anywhere: an emulator, a gateway inside.
_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_QUIET = logging.Logger("slack", logging.CRITICAL)  # of nobody's tree: addresses are secrets
_QUIET.addHandler(logging.NullHandler())


def exchange(
    url: str, body: bytes, headers: Mapping[str, str], seconds: float = PATIENCE
) -> Answer:
    """POST, and return the answer. Raises `Unreachable`."""
    try:
        return post(url, body, headers, _ANYWHERE, seconds=seconds, largest=_LARGEST)
    except Refused as reason:
        raise Unreachable(str(reason)) from None


def wait_of(status: int, headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks us to wait; None: it does not. Names in lower case."""
    if status != 429:
        return None
    raw = headers.get("retry-after", "").strip()
    return float(raw[:6]) if raw.isascii() and raw.isdecimal() else 30.0


class Bot(WebClient):
    """Slack's own client, for one message. It raises `Unreachable` and `SlackApiError`."""

    def __init__(
        self, token: str, api_url: str, seconds: float = PATIENCE, in_all: float = _IN_ALL
    ) -> None:
        super().__init__(token, base_url=f"{api_url}/", logger=_QUIET, retry_handlers=[])
        self.seconds, self.ends = seconds, time.monotonic() + in_all

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        sent = req.data if isinstance(req.data, bytes) else b""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise Unreachable("It took too long")
        answer = exchange(url, sent, dict(req.header_items()), min(self.seconds, left))
        told = {"status": answer.status, "headers": answer.headers, "body": answer.text}
        return told | {"parsed_body": _object(answer.text)}


def _object(text: str) -> dict[str, Any]:
    """Return what Slack said; what is no JSON object was cut off, or is not Slack's."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"ok": False, "error": "not_understood"}
