"""Deliveries as senders get them, without a database behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, g

from planpush.database.session import now
from planpush.notifications.message import Actor, Item, Message
from planpush.notifications.outbox import CHANNEL
from planpush.notifications.rendering import Parcel
from planpush.notifications.slack_names import Names
from planpush.setting_specs import Settings

URL = "https://plans.example.com/p/auth"
NOWHERE = "http://127.0.0.1:9"


def item(**given: Any) -> Item:
    told = {"event": 1, "kind": "comment.added", "at": now(), "actor": Actor("Bob", "developer")}
    told |= {"url": f"{URL}?thread=7#t7", "version": 2, "thread": 7, "words": "Why?"}
    return Item(**(told | given))


def parcel(
    *items: Item, title: str = "Auth", key: str = "1", why: str = "", **given: Any
) -> Parcel:
    message = Message(key, "auth", title, URL, items or (item(),), why)
    told = {"delivery_id": int(key), "channel": CHANNEL, "message": message, "remote": {}}
    told |= {"unsure": False, "plan_id": 1, "user_id": None, "webhook_id": None, "outlet": "slack"}
    return Parcel(**(told | {"names": Names("C1")} | given))


@contextmanager
def with_settings(**given: str) -> Iterator[None]:
    """Let these settings be in force."""
    with Flask("sender").app_context():
        g.settings = Settings(**given)
        yield
