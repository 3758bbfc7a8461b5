"""The outbox: which messages an event of a plan makes, in the transaction of the event."""

from __future__ import annotations

from planpush.db import db
from planpush.models.delivery import CHANNEL, GATHER, GROW, STATE, TALK, VERSION, Delivery, Route
from planpush.models.event import Event
from planpush.models.plan import PUBLISHED, Plan
from planpush.models.setting import settings

TOPICS = {
    "comment.added": TALK,
    "thread.resolved": STATE,
    "thread.reopened": STATE,
    "version.pushed": VERSION,
    "plan.published": VERSION,
}
_REWORDED = ("comment.edited", "comment.deleted", "comment.restored")


def post(event: Event) -> None:
    """Queue what the outside is told of an event: nothing of what not everybody may see."""
    plan = db.session.get(Plan, event.plan_id) if event.plan_id else None
    if plan is None or plan.visibility != PUBLISHED or plan.deleted_at is not None:
        return
    comment_id: int | None = event.data.get("comment")
    route = channel_of(plan)
    if event.kind in TOPICS and route is not None:
        Delivery.queue(route, TOPICS[event.kind], event.id, comment_id)
    if event.kind in _REWORDED and comment_id is not None:
        Delivery.rewrite(comment_id)


def channel_of(plan: Plan) -> Route | None:
    """Return how Slack is told of a plan; None if Slack is not set up.

    A bot rewrites its messages and may post to a channel that a plan chose. A webhook cannot.
    """
    found = settings()
    lane = f"slack/{plan.id}"
    channel = plan.slack_channel or found.slack_channel
    if found.slack_bot_token and channel:
        own = f":{plan.slack_channel}" if plan.slack_channel else ""
        return Route(CHANNEL, f"slack{own}", lane, GROW, plan.id)
    if found.slack_webhook_url:
        return Route(CHANNEL, "slack", lane, GATHER, plan.id)
    return None
