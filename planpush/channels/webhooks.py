"""Sends webhooks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from uuid import uuid4

from flask import current_app

from planpush.channels import safe_http
from planpush.channels.safe_http import Answer, Refused, Unreachable
from planpush.config import Config
from planpush.database.session import db, now
from planpush.errors import Finding, Invalid
from planpush.notifications.leases import Arrived, Dropped, Failed, Outcome
from planpush.notifications.rendering import Parcel
from planpush.notifications.webhook_payload import body, headers, message_id, written
from planpush.notifications.webhooks import Webhook

_LONGEST_WAIT = 3600.0  # seconds that a receiver may ask us to wait
_PATIENCE = 8.0  # seconds that somebody who waits for a test waits
_QUOTED = 200  # characters of an answer that are told
# Answers about the address and whoever posts there, whatever is posted: a proxy's, say, while the
# receiver is being moved. Nothing is given up for them.
_NOT_THERE = frozenset({*range(300, 400), 401, 403, 404, 405})
_SEALED = "Its address or secret cannot be decrypted: was SECRET_KEY changed?"


@dataclass(frozen=True, slots=True)
class Result:
    """How a test went."""

    ok: bool
    detail: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Known:
    """What it takes to post to a webhook, without a look into the database."""

    url: str
    secret: str

    def post(self, message: str, sent: bytes, seconds: float = safe_http.TIMEOUT) -> Answer:
        """Post a body, signed at this moment. Raises `Refused`, `Unreachable`."""
        signed = headers(self.secret, message, int(time.time()), sent)
        told = {"Content-Type": "application/json", "User-Agent": "planpush"} | signed
        allowed = _config().webhook_networks
        return safe_http.post(self.url, sent, told, allowed, seconds=seconds)


def checked(url: str) -> str:
    """Return scheme and host of an address that may be called; of none, nothing.

    Raises `Invalid`.
    """
    try:
        return safe_http.check(url, _config().webhook_networks).shown if url else ""
    except (Refused, Unreachable) as reason:
        raise Invalid(str(reason), [Finding("address", str(reason), field="url")]) from None


def to_hook(parcel: Parcel) -> Outcome:
    """Post one event to a webhook."""
    found = db.session.get(Webhook, parcel.webhook_id)
    if found is None:
        return Dropped("The webhook is no more")
    hook = _known(found)
    db.session.remove()  # posting opens no transaction
    if hook is None:
        return Failed(_SEALED)
    item = parcel.message.items[0]
    message = message_id(parcel.message.url, parcel.webhook_id or 0, item.event)
    try:
        return _outcome(hook.post(message, body(parcel.message, item)))
    except Refused as reason:
        return Failed(str(reason))
    except Unreachable as trouble:
        return Failed(str(trouble), unsure=trouble.sent)


def test(found: Webhook) -> Result:
    """Post a test to a webhook, whatever it hears of; what comes of it is a sentence."""
    hook, begun = _known(found), time.monotonic()
    said = {"message": "planpush can reach this webhook."}
    db.session.rollback()
    try:
        if hook is None:
            raise Refused(_SEALED)
        sent = written("test", now(), "0", said)
        answer = hook.post(f"msg_{uuid4().hex}", sent, _PATIENCE)
        ok, detail = 200 <= answer.status < 300, told(answer)
    except (Refused, Unreachable) as reason:
        ok, detail = False, str(reason)
    return Result(ok, detail, int((time.monotonic() - begun) * 1000))


def told(answer: Answer) -> str:
    """Return what a receiver answered, in a sentence; its words are anybody's."""
    if 300 <= answer.status < 400:
        return f"It answered {answer.status}: redirects are not followed, give the final address."
    words = "".join(mark if mark.isprintable() else " " for mark in answer.text[:2_000])
    words = " ".join(words.split())[:_QUOTED]
    return f"It answered {answer.status}{': ' if words else ''}{words}"


def _outcome(answer: Answer) -> Outcome:
    status, said = answer.status, told(answer)
    if 200 <= status < 300:
        return Arrived()
    if status == 410:
        return Failed(f"{said}. It wants no more posts: press Resume to try again", gone=True)
    if status in (429, 503):
        return Failed(said, retry_after=_wait(answer.headers.get("retry-after", "")))
    if status >= 500:
        return Failed(said, unsure=True)
    return Failed(said, whole=status in _NOT_THERE)


def _wait(raw: str) -> float | None:
    """Return the seconds that a Retry-After asks for, within bounds; None if it asks for none."""
    raw = raw.strip()
    if raw.isascii() and raw.isdigit():
        return min(float(raw[:9]), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(raw)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return max(0.0, min((at - datetime.now(UTC)).total_seconds(), _LONGEST_WAIT))


def _known(hook: Webhook) -> Known | None:
    url, secret = hook.url, hook.secret
    return Known(url, secret) if url and secret else None


def _config() -> Config:
    found: Config = current_app.extensions["planpush_config"]
    return found
