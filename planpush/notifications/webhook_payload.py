"""The JSON body and signature of a webhook (Standard Webhooks 1.0)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from datetime import datetime
from typing import Any

from planpush.notifications.message import Actor, Item, Message

PREFIX = "whsec_"


def body(message: Message, item: Item) -> bytes:
    """Return the body that tells one event of a message: compact JSON in UTF-8.

    All ids are text. What an event does not speak of is null; texts are as people wrote them.
    """
    data = {
        "plan": {
            "slug": message.slug,
            "title": message.title,
            "url": message.url,
            "version": item.version or None,
        },
        "actor": _actor(item.actor),
        "thread": _thread(item),
        "comment": _comment(item),
        "version": _version(item),
        "answer": {"status": item.status, "note": item.words} if item.status else None,
        "url": item.url,
    }
    return written(item.kind, item.at, str(item.event), data)


def written(kind: str, at: datetime, event: str, data: dict[str, Any]) -> bytes:
    """Return a body: what happened, when, the event's id, and more of it."""
    told = {"type": kind, "timestamp": _iso(at), "id": event, "data": data}
    # A lone surrogate cannot be sent as UTF-8.
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def message_id(url: str, webhook: int, event: int) -> str:
    """Return the id of what one webhook is told of one event: the same at every attempt.

    `url` is the plan's, so that two servers never name theirs alike.
    """
    return f"msg_{uuid.uuid5(uuid.NAMESPACE_URL, f'{url}#{webhook}.{event}').hex}"


def headers(secret: str, message: str, at: int, sent: bytes) -> dict[str, str]:
    """Return the headers that sign a body. `at` is the unix time of this attempt, in seconds."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": _signature(secret, message, at, sent),
    }


def _signature(secret: str, message: str, at: int, sent: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{message}.{at}.".encode() + sent, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _actor(actor: Actor) -> dict[str, Any] | None:
    """Return who did it; `via` tells whether a program acted for them."""
    if not actor.name:
        return None
    return {"name": actor.name, "role": actor.role, "via": "agent" if actor.agent else "browser"}


def _thread(item: Item) -> dict[str, Any] | None:
    if not item.thread:
        return None
    return {
        "id": str(item.thread),
        "url": item.url,
        "anchor": item.anchor,
        "section": item.where,
        "quote": item.quote,
    }


def _comment(item: Item) -> dict[str, Any] | None:
    if not item.comment:
        return None
    words = "" if item.deleted else item.words
    return {"id": str(item.comment), "body": words, "deleted": item.deleted, "opens": item.opens}


def _version(item: Item) -> dict[str, Any] | None:
    if item.thread or not item.version:
        return None
    return {
        "number": item.version,
        "message": item.words,
        "added": list(item.added),
        "changed": list(item.changed),
        "removed": list(item.removed),
    }


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
