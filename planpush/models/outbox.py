"""The outbox: which messages an event of a plan makes, in the transaction of the event."""

from __future__ import annotations

from planpush.db import db
from planpush.models.delivery import (
    CHANNEL,
    EACH,
    GATHER,
    GROW,
    STATE,
    TALK,
    VERSION,
    WEBHOOK,
    Delivery,
    Route,
)  # fmt: skip
from planpush.models.event import Event
from planpush.models.outlet import HOOK
from planpush.models.plan import PUBLISHED, Plan
from planpush.models.setting import settings
from planpush.models.webhook import Webhook

TOPICS = {
    "comment.added": TALK,
    "thread.resolved": STATE,
    "thread.reopened": STATE,
    "version.pushed": VERSION,
    "plan.published": VERSION,
}
_REWORDED = ("comment.edited", "comment.deleted", "comment.restored", "comment.redacted")


def post(event: Event) -> None:
    """Queue what the outside is told of an event: nothing of what not everybody may see."""
    plan = db.session.get(Plan, event.plan_id) if event.plan_id else None
    if plan is None or plan.deleted_at is not None:
        return
    comment_id: int | None = event.data.get("comment")
    _reword(event, plan, comment_id)
    if plan.visibility != PUBLISHED:
        return
    route = channel_of(plan)
    if event.kind in TOPICS and route is not None:
        Delivery.queue(route, TOPICS[event.kind], event.id, comment_id)
    for hook in Webhook.hearing(event.kind):
        Delivery.queue(hook_of(hook, plan), event.kind, event.id, comment_id)


def _reword(event: Event, plan: Plan, comment_id: int | None) -> None:
    """Let what stands at Slack say what is so now; of a private plan once it is published again."""
    if event.kind in _REWORDED and comment_id is not None:
        Delivery.rewrite(comment_id)
    if event.kind == "version.purged":
        Delivery.rewrite_all(plan.id)
    if event.kind == "plan.published":
        Delivery.catch_up(plan.id)


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


def hook_of(hook: int, plan: Plan) -> Route:
    """Return how a webhook is told of a plan: of each event by itself, in their order."""
    outlet, lane = f"{HOOK}:{hook}", f"{HOOK}/{hook}/{plan.id}"
    return Route(WEBHOOK, outlet, lane, EACH, plan.id, webhook_id=hook)
