"""What people, not agents, said on a plan."""

from __future__ import annotations

from sqlalchemy import select

from planpush.database.session import db
from planpush.events.event import Event

KINDS = (
    "comment.added", "comment.edited", "comment.restored", "thread.opened", "thread.reopened",
    "thread.resolved",
)  # fmt: skip


def feedback_since(plan_id: int, event_id: int) -> set[int]:
    """Return the threads of a plan in which a person gave feedback after an event."""
    rows = db.session.execute(
        select(Event.thread_id, Event.data).where(
            Event.plan_id == plan_id,
            Event.id > event_id,
            Event.kind.in_(KINDS),
            Event.thread_id.is_not(None),
        )
    )
    return {thread_id for thread_id, data in rows if not data.get("via")}
