"""Recovers when the system clock was ahead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from planpush.accounts.identity import Identity
from planpush.accounts.membership import EVERY
from planpush.accounts.sessions import BrowserSession
from planpush.database.session import db
from planpush.notifications.channels import Outlet, clock
from planpush.notifications.leases import LEASE
from planpush.notifications.outbox import WAITING, Delivery
from planpush.settings.store import settings

_FAR = timedelta(hours=2)  # no delivery waits that long, nor does an outlet
_SOON = timedelta(minutes=1)


def mend() -> int:
    """Pull back what stands further in the future than it can; return how many rows that were.

    Perhaps the clock is wrong only now. So a session keeps when it was last seen, unless none lasts
    that long: once the clock is right again, everybody would be idle since the wrong day.
    """
    at = clock()
    far, soon = at + _FAR, at + _SOON
    never = at + timedelta(seconds=settings().session_max_age)
    waits = Delivery.state == WAITING
    free: dict[str, Any] = {"claimed_until": None, "claimed_by": ""}
    changes: tuple[tuple[Any, Any, dict[str, Any]], ...] = (
        (Delivery, waits & (Delivery.due_at > far), {"due_at": at}),
        (Delivery, Delivery.told_at > soon, {"told_at": at}),  # what comes next keeps a gap
        (Delivery, Delivery.created_at > soon, {"created_at": at}),
        (Delivery, waits & (Delivery.claimed_until > at + 3 * LEASE), free),
        (Outlet, Outlet.held_until > far, {"held_until": None}),
        (Outlet, Outlet.free_at > soon, {"free_at": None}),
        (Identity, Identity.checked_at > soon, {"checked_at": at - EVERY}),
        (BrowserSession, BrowserSession.seen_at > never, {"seen_at": at}),
    )
    return sum(_changed(*one) for one in changes)


def _changed(kind: Any, late: Any, values: dict[str, Any]) -> int:
    """Change rows; return how many these were."""
    query, told = update(kind).where(late).values(values), {"synchronize_session": False}
    return int(getattr(db.session.execute(query, execution_options=told), "rowcount", 0))
