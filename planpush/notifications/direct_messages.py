"""Direct messages in Slack, grouped by person and plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import insert, or_, select

from planpush.database.session import db, now
from planpush.events.event import Event
from planpush.notifications.outbox import (  # fmt: skip
    GATHER,
    PERSON,
    TALK,
    TOPICS,
    VERSION,
    WAITING,
    WINDOW,
    Delivery,
    DeliveryEvent,
    Route,
)
from planpush.plans.plan import PUBLISHED, Plan
from planpush.settings.store import settings

_TOPICS = TOPICS | {
    "comment.edited": TALK,
    "thread.answered": TALK,
    "plan.handed_over": VERSION,
    "editor.added": VERSION,
    "review.asked": VERSION,
    "sign_off.given": VERSION,
}


def write_to(ids: Sequence[int], plan: Plan, event: Event) -> None:
    """Queue a message to people about an event: Slack hears of published plans only, from a bot.

    Few statements, however many people: only who was written to lately is looked at one by one.
    """
    if not ids or plan.visibility != PUBLISHED or not settings().slack_bot_token:
        return
    topic, comment_id = _TOPICS[event.kind], event.data.get("comment")
    busy = _written_to(ids, plan)
    for user_id in sorted(busy):
        Delivery.queue(_route(user_id, plan), topic, event.id, comment_id)
    others = (_route(user_id, plan) for user_id in ids if user_id not in busy)
    rows = [asdict(route) | {"topics": topic} for route in others]
    if rows:
        made = db.session.scalars(insert(Delivery).returning(Delivery.id), rows).all()
        about = {"event_id": event.id, "comment_id": comment_id}
        db.session.execute(insert(DeliveryEvent), [about | {"delivery_id": one} for one in made])


def _written_to(ids: Sequence[int], plan: Plan) -> set[int]:
    """Return those of some people whose messages about a plan an event may join, or follow."""
    lately = or_(
        Delivery.state == WAITING,
        Delivery.created_at > now() - WINDOW,
        Delivery.told_at > now() - WINDOW,
    )
    query = select(Delivery.user_id).where(
        Delivery.plan_id == plan.id, Delivery.channel == PERSON, Delivery.user_id.in_(ids), lately
    )
    return {one for one in db.session.scalars(query) if one is not None}


def _route(user_id: int, plan: Plan) -> Route:
    lane = f"person/{user_id}/{plan.id}"
    return Route(PERSON, "slackdm", lane, GATHER, plan.id, user_id=user_id)
