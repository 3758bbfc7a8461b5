"""The delivery log for admins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, union_all, update

from planpush.accounts.user import User
from planpush.database.session import db, now
from planpush.errors import Conflict, Finding, Invalid, NotFound
from planpush.events.event import Event
from planpush.events.labels import in_words
from planpush.notifications.channels import HOOK, SLACK, Outlet
from planpush.notifications.outbox import (  # fmt: skip
    DEAD,
    DROPPED,
    PERSON,
    SENT,
    STATE,
    TALK,
    VERSION,
    WAITING,
    Delivery,
    DeliveryEvent,
)
from planpush.notifications.slack_names import shown
from planpush.notifications.webhooks import Webhook
from planpush.plans.plan import Plan

PAGE = 50
STATES = {
    WAITING: ("Waiting", "info"),
    SENT: ("Sent", "good"),
    DEAD: ("Did not arrive", "bad"),
    DROPPED: ("Dropped", ""),
}
_TOPICS = {TALK: "Comments", STATE: "Resolved or reopened", VERSION: "Versions"}
_AGAIN = (DEAD, DROPPED)


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery as the log shows it. `to` is the receiver in words, `about` what it tells."""

    id: int
    at: datetime
    slug: str
    to: str
    outlet: str
    about: list[str]
    events: int
    state: str
    attempts: int
    reason: str
    told_at: datetime | None
    due_at: datetime

    @property
    def pill(self) -> tuple[str, str]:
        """Return the state in words, and its colour."""
        return STATES[self.state]

    @property
    def may_go_again(self) -> bool:
        """Tell whether it can be sent again."""
        return self.state in _AGAIN


def page(state: str, outlet: str, before: int | None = None, size: int = PAGE) -> list[Line]:
    """Return the newest deliveries, of those older than `before`. Raises `Invalid`."""
    if state and state not in STATES:
        message = f"There is no such state; known are {', '.join(STATES)}."
        raise Invalid(message, [Finding("unknown", message, field="state")])
    newest = _ids([state] if state else [], outlet, before, size).subquery()
    top = select(newest.c.id).order_by(newest.c.id.desc()).limit(size).subquery()
    return _lines(top)


def line(delivery_id: int) -> Line:
    """Return one delivery. Raises `NotFound`."""
    found = _lines(select(Delivery.id).where(Delivery.id == delivery_id).subquery())
    if not found:
        raise NotFound
    return found[0]


def _ids(states: list[str], outlet: str, before: int | None, size: int) -> Select[Any]:
    """Return the query of the newest ids: each part is read from the newest end of its index."""
    query = select(Delivery.id).order_by(Delivery.id.desc()).limit(size)
    query = query.where(Delivery.id < before) if before is not None else query
    if not outlet:
        return query.where(Delivery.state.in_(states)) if states else query
    query = query.where(Delivery.outlet == outlet)
    parts = [query.where(Delivery.state == one).subquery() for one in states or STATES]
    return select(union_all(*(select(part.c.id) for part in parts)).subquery().c.id)


def _lines(ids: Any) -> list[Line]:
    events = select(func.count()).where(DeliveryEvent.delivery_id == Delivery.id).scalar_subquery()
    query = (
        select(Delivery, Plan.slug, User.name, Webhook.name, events)
        .join(ids, ids.c.id == Delivery.id)
        .join(Plan, Plan.id == Delivery.plan_id)
        .outerjoin(User, User.id == Delivery.user_id)
        .outerjoin(Webhook, Webhook.id == Delivery.webhook_id)
        .order_by(Delivery.id.desc())
    )
    return [_line(*row) for row in db.session.execute(query)]


def _line(row: Delivery, slug: str, person: str | None, hook: str | None, events: int) -> Line:
    to = f"Direct message to {person}" if row.channel == PERSON else named(row.outlet, hook)
    about = [_TOPICS.get(topic) or in_words(topic) for topic in row.topics.split(",")]
    return Line(
        row.id, row.created_at, slug, to, row.outlet, about, events, row.state, row.attempts,
        row.reason, row.told_at, row.due_at,
    )  # fmt: skip


def named(outlet: str, hook: str | None = None) -> str:
    """Return an outlet in words; `hook` is the name of its webhook."""
    kind, _, rest = outlet.partition(":")
    if kind == HOOK:
        return f"Webhook {hook or rest}"
    if outlet.startswith(SLACK) and kind != SLACK:
        return "Slack, direct messages"
    return f"Slack {shown(rest)}" if rest else "Slack"


def send_again(delivery_id: int, *, by: User) -> None:
    """Let a delivery that died or was dropped be tried at once. Whoever may not hear it, will not.

    Raises `NotFound`; `Conflict`: it is neither.
    """
    there = line(delivery_id)
    if not _revive(Delivery.id == delivery_id):
        raise Conflict("It waits, or was sent: there is nothing to send again.")
    Outlet.of(there.outlet).hurry()
    Event.record("delivery.resent", by=by, target=f"{there.to}: {there.slug}")


def send_all_again(outlet: str, *, by: User) -> int:
    """Let everything that died at an outlet be tried again; return how many there are."""
    dead = Delivery.free((Delivery.outlet == outlet) & (Delivery.state == DEAD))
    count = _revive(Delivery.id.in_(dead))
    Outlet.of(outlet).hurry()
    Event.record("delivery.resent", by=by, target=_title(outlet), data={"deliveries": count})
    return count


def try_now(outlet: str, *, by: User) -> None:
    """Let an outlet that waits after trouble try at once."""
    waits = (Delivery.outlet == outlet) & (Delivery.state == WAITING) & (Delivery.attempts > 0)
    mine = Delivery.id.in_(Delivery.free(waits))
    db.session.execute(update(Delivery).where(mine).values(due_at=now()))
    Outlet.of(outlet).hurry()
    Event.record("delivery.resent", by=by, target=_title(outlet), data={"tried": "at once"})


def hold(outlet: str, *, paused: bool, by: User) -> None:
    """Pause an outlet, or let it go on. What is queued meanwhile waits."""
    Outlet.of(outlet).hold(paused=paused)
    kind = "delivery.paused" if paused else "delivery.resumed"
    Event.record(kind, by=by, target=_title(outlet))


def _revive(which: Any) -> int:
    fresh = {"state": WAITING, "attempts": 0, "due_at": now(), "reason": ""}
    done = update(Delivery).where(which, Delivery.state.in_(_AGAIN)).values(**fresh)
    return len(db.session.execute(done.returning(Delivery.id)).all())


def _title(outlet: str) -> str:
    return named(outlet, hook_names([outlet]).get(outlet))


def hook_names(outlets: Iterable[str]) -> Mapping[str, str]:
    """Return the names of webhooks by the keys of their outlets."""
    if not any(key.startswith(f"{HOOK}:") for key in outlets):
        return {}
    found = db.session.execute(select(Webhook.id, Webhook.name))
    return {f"{HOOK}:{one}": name for one, name in found}
