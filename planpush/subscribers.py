"""Every consequence of every event, on one page, in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from planpush.db import db, subscribe
from planpush.models import audience, outbox
from planpush.models.event import Event
from planpush.models.live import announce
from planpush.models.plan import Plan
from planpush.models.user import User

Consequence = Callable[[Session, Event], None]


def init_subscribers(app: Flask) -> None:
    """Hear of every recorded event before its transaction commits."""
    subscribe(app, _hear)


def _hear(session: Session, events: list[Any]) -> None:
    for event in events:
        for consequence in (*CONSEQUENCES.get(event.kind, ()), announce):
            consequence(session, event)


def lift_plan(session: Session, event: Event) -> None:
    """Put the plan on top of lists that are sorted by activity."""
    session.execute(update(Plan).where(Plan.id == event.plan_id).values(active_at=event.at))


def post(_session: Session, event: Event) -> None:
    """Queue what the outside is told; a worker sends it."""
    outbox.post(event)


def notify(_session: Session, event: Event) -> None:
    """Tell the people whom it concerns."""
    audience.tell(event)


def settle_people(_session: Session, event: Event) -> None:
    """Let a changed default role reach everybody whom it concerns."""
    if event.target == "default_role":
        for user in db.session.scalars(User.people().order_by(User.id)):
            user.settle(by=None, keep_last=True)


CONSEQUENCES: dict[str, tuple[Consequence, ...]] = {
    "version.pushed": (lift_plan, post, notify),
    "thread.opened": (lift_plan,),
    "thread.resolved": (lift_plan, post, notify),
    "thread.reopened": (lift_plan, post, notify),
    "thread.answered": (lift_plan, post, notify),
    "placement.confirmed": (lift_plan,),
    "placement.rejected": (lift_plan,),
    "placement.reattached": (lift_plan,),
    "comment.added": (lift_plan, post, notify),
    "comment.edited": (lift_plan, post, notify),
    "comment.deleted": (lift_plan, post),
    "comment.restored": (lift_plan, post),
    "plan.published": (lift_plan, post),
    "plan.unpublished": (lift_plan,),
    "plan.handed_over": (lift_plan, notify),
    "version.purged": (lift_plan, post),
    "setting.changed": (settle_people,),
}
