"""Deletes expired rows in small batches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update

from planpush.accounts.authorization_codes import AuthorizationCode
from planpush.accounts.clients import Client
from planpush.accounts.device_codes import DeviceCode
from planpush.accounts.grants import Grant
from planpush.accounts.idempotency import IdempotencyKey
from planpush.accounts.replay_guard import Spent
from planpush.accounts.sessions import BrowserSession, SignInLink
from planpush.accounts.tokens import Token
from planpush.comments.comment import Comment
from planpush.comments.drafts import Draft
from planpush.database.batches import SOME, drop
from planpush.database.rate_limits import RateLimit
from planpush.database.session import commit, db, now
from planpush.events.event import PRUNE, REDACT, Event, allowed
from planpush.notifications.notices import Notice
from planpush.notifications.outbox import Delivery
from planpush.notifications.webhooks import Webhook
from planpush.plans.presence import Viewer
from planpush.settings.store import Setting, settings

_UNSYNCED = {"synchronize_session": False}
Step = Callable[[], int | None]


def sweep() -> None:
    """Delete what is over, in many short transactions; seal with the newest key.

    Any number of workers may do so at once: what one of them has, the others leave alone.
    """
    kinds = (
        DeviceCode, AuthorizationCode, Token, Grant, Client, RateLimit, Spent, Draft, Viewer,
        Comment, Delivery, Notice, IdempotencyKey,
    )  # fmt: skip
    steps: tuple[Step, ...] = (_sessions, _links, *(kind.sweep for kind in kinds), _log, _places)
    for step in steps:
        while (step() or 0) >= SOME:
            commit()
    Setting.reseal()
    Webhook.reseal()


def _sessions() -> int:
    oldest = now() - timedelta(seconds=settings().session_max_age)
    return drop(BrowserSession, BrowserSession.created_at < oldest)


def _links() -> int:
    return drop(SignInLink, SignInLink.expires_at < now())


def _log() -> int:
    """Drop old entries of the audit log that are no plan's; the newest of all keeps its number."""
    gone = _old(Event.plan_id.is_(None), Event.id < Event.newest_of_all())
    if gone:
        with allowed(PRUNE):
            drop(Event, Event.id.in_(gone))
    return len(gone)


def _places() -> int:
    """Take out of old entries, which stay with their plan, where they came from."""
    found = _old(Event.plan_id.is_not(None), Event.address != "")
    if found:
        with allowed(REDACT):
            query = update(Event).where(Event.id.in_(found)).values(address="")
            db.session.execute(query, execution_options=_UNSYNCED)
    return len(found)


def _old(*which: ColumnElement[bool]) -> list[int]:
    """Return the oldest events of some, as far as they are older than the log is kept."""
    days = settings().audit_days
    if not days:
        return []
    query = select(Event.id, Event.at).where(*which).order_by(Event.id).limit(SOME)
    long_ago = now() - timedelta(days=days)
    return [row[0] for row in db.session.execute(query) if row[1] < long_ago]
