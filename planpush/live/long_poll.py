"""Long polls that hold no transaction or connection."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import TypeVar

from flask import current_app, g

from planpush.database.session import db
from planpush.events.event import Event
from planpush.web.auth import Unauthenticated, config
from planpush.web.draining import is_draining

LONGEST = 50  # seconds: proxies give up after 60
PAUSE = 0.5
AFRESH = 3  # what no event tells: a token's time that ran out
RETRY_AFTER = 5
Found = TypeVar("Found")


def wait_for(look: Callable[[], Found | None], seconds: float) -> Found | None:
    """Return what `look` finds, as soon as it does; None after `seconds`.

    Half of a worker's threads may wait; who comes then gets one look, and `g.retry_after` is set.
    A server that is told to stop ends every wait.
    Raises 401 once the request's token opens nothing any more.
    """
    if is_draining(current_app):
        g.retry_after = 1  # elsewhere
        return look()
    places = _places()
    if not places.acquire(blocking=False):
        g.retry_after = RETRY_AFTER
        return look()
    try:
        return _poll(look, time.monotonic() + min(seconds, LONGEST))
    finally:
        places.release()


def _places() -> BoundedSemaphore:
    most = config().web_threads // 2
    found: BoundedSemaphore = current_app.extensions.setdefault(
        "planpush_waits", BoundedSemaphore(most)
    )
    return found


def _poll(look: Callable[[], Found | None], end: float) -> Found | None:
    g.writes = False  # this only reads, whatever the request's method
    seen, due = -1, 0.0
    while True:
        db.session.rollback()  # ends the last look: what others did since is seen
        newest, now = Event.newest_of_all(), time.monotonic()
        if newest != seen or now >= due:
            found = _admitted(look)
            if found is not None:
                return found
            seen, due = newest, now + AFRESH
        if now >= end or is_draining(current_app):
            return None
        db.session.rollback()
        time.sleep(min(PAUSE, end - now))


def _admitted(look: Callable[[], Found | None]) -> Found | None:
    if g.token is not None and not g.token.is_live:
        raise Unauthenticated("This token was revoked a moment ago.")
    return look()
