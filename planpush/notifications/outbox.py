"""The outbox: messages written with their cause and sent by the worker.

No words are kept here: a delivery names events, and what it says is read when it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from planpush.database.session import Base, UTCDateTime, db, now
from planpush.events.event import Event
from planpush.notifications.channels import HOOK
from planpush.notifications.webhooks import Webhook
from planpush.plans.plan import PUBLISHED, Plan
from planpush.settings.store import settings

WAITING, SENT, DEAD, DROPPED = "waiting", "sent", "dead", "dropped"
CHANNEL, PERSON, WEBHOOK = "channel", "person", "webhook"
TALK, STATE, VERSION = "talk", "state", "version"
GROW, GATHER, EACH = "grow", "gather", "each"
WINDOW = timedelta(minutes=5)
# Seconds between a message that cannot grow and the next one about the same, ever longer; after a
# quiet WINDOW it begins anew.
GAPS = (0.0, 4.0, 30.0, 120.0, 300.0)
_MOST = 100  # events in one message
_SETTLE = timedelta(seconds=1)  # what happens within it makes a message grow only once
_TOO_LATE = "It could not leave for three days"
OLDEST = timedelta(days=3)  # nobody wants to hear older news
_DEAD_KEPT = timedelta(days=90)
_AT_ONCE = 1_000  # rows that one transaction of housekeeping changes


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message goes, and how bursts collapse there. Its fields are columns of `Delivery`.

    In one `lane` messages leave in order. GROW: the last one is rewritten. GATHER: what comes soon
    after one waits, and is told together. EACH: every event is told by itself.
    """

    channel: str
    outlet: str
    lane: str
    manner: str
    plan_id: int
    user_id: int | None = None
    webhook_id: int | None = None


class Delivery(Base):
    """A message to one receiver. `wanted` counts its revisions, `told` is the last that arrived.

    `unsure`: an attempt ended so that nobody knows whether it arrived. `remote` is what the other
    side calls the message.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index(None, "state", "due_at"),
        Index(None, "lane", "state", "id"),
        Index(None, "plan_id", "id"),
        Index(None, "outlet", "state", "id"),
        Index(None, "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(10))
    outlet: Mapped[str] = mapped_column(String(100))
    lane: Mapped[str] = mapped_column(String(120))
    manner: Mapped[str] = mapped_column(String(10))
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    webhook_id: Mapped[int | None] = mapped_column(
        ForeignKey("webhooks.id", ondelete="CASCADE"), index=True
    )
    topics: Mapped[str] = mapped_column(String(40))  # comma-separated, sorted
    step: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    wanted: Mapped[int] = mapped_column(default=1)
    told: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    unsure: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(500), default="")
    remote: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    claimed_by: Mapped[str] = mapped_column(String(32), default="")
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def queue(cls, route: Route, topic: str, event_id: int, comment_id: int | None = None) -> None:
        """Let an event be told by `route`: in a message that still takes it, else in a new one."""
        at = now()
        recent = cls._recent(route, at)
        joined = next((one for one in recent[:1] if one._takes(route, topic, recent, at)), None)
        if joined is None:
            joined = cls._add(route, topic, recent, at)
        else:
            joined._grow(topic, at)
        db.session.add(
            DeliveryEvent(delivery_id=joined.id, event_id=event_id, comment_id=comment_id)
        )

    @classmethod
    def _recent(cls, route: Route, at: datetime) -> Sequence[Delivery]:
        """Return what the lane told lately or is still to tell, the newest first."""
        if route.manner == EACH:
            return ()
        lately = or_(cls.created_at > at - WINDOW, cls.told_at > at - WINDOW)
        query = select(cls).where(cls.lane == route.lane, lately | (cls.state == WAITING))
        # Locked, and read anew: a worker that claims one now must not miss what joins it.
        query = query.order_by(cls.id.desc()).limit(8).with_for_update()
        return db.session.scalars(query.execution_options(populate_existing=True)).all()

    def _takes(self, route: Route, topic: str, recent: Sequence[Delivery], at: datetime) -> bool:
        """Tell whether this, the lane's last, can still tell an event."""
        mine = self.topics.split(",")
        if (topic == VERSION) != (mine == [VERSION]) or self.state in (DEAD, DROPPED):
            return False
        if not any(topic in one.topics.split(",") for one in recent) or self._events() >= _MOST:
            return False
        if self.outlet != route.outlet or self.manner != route.manner:
            return False
        untold = self.state == WAITING and not (self.told or self.claimed_by or self.unsure)
        return untold or (route.manner == GROW and self.created_at > at - WINDOW)

    def _events(self) -> int:
        query = select(func.count()).where(DeliveryEvent.delivery_id == self.id)
        return db.session.scalar(query) or 0

    def _grow(self, topic: str, at: datetime) -> None:
        self.topics = ",".join(sorted({*self.topics.split(","), topic}))
        self.wanted, self.state = self.wanted + 1, WAITING
        if self.told:
            self.due_at = max(self.due_at, at + _SETTLE)

    @classmethod
    def _add(cls, route: Route, topic: str, recent: Sequence[Delivery], at: datetime) -> Delivery:
        before = next((one for one in recent if topic in one.topics.split(",")), None)
        step, due = 0, at
        if before is not None and route.manner == GATHER:
            step = min(before.step + 1, len(GAPS) - 1)
            due = max(at, (before.told_at or at) + timedelta(seconds=GAPS[step]))
        for one in recent:  # they go first: so they cannot wait longer
            if one.state == WAITING and not one.attempts:
                one.due_at = min(one.due_at, due)
        made = cls(**asdict(route), topics=topic, step=step, created_at=at, due_at=due)
        db.session.add(made)
        db.session.flush()
        return made

    @classmethod
    def rewrite(cls, comment_id: int) -> None:
        """Let messages that can be rewritten say what a comment says now."""
        telling = select(DeliveryEvent.delivery_id).where(DeliveryEvent.comment_id == comment_id)
        cls._reword(cls.id.in_(telling))

    @classmethod
    def rewrite_all(cls, plan_id: int) -> None:
        """Let a plan's messages that can be rewritten say what is left: words of it were purged."""
        cls._reword(cls.plan_id == plan_id)

    @classmethod
    def catch_up(cls, plan_id: int) -> None:
        """Let messages that stand there say what could not be said while a plan was private."""
        missed = (cls.state == DROPPED) & (cls.told > 0) & (cls.wanted > cls.told)
        cls._reword((cls.plan_id == plan_id) & missed)

    @classmethod
    def _reword(cls, which: ColumnElement[bool]) -> None:
        # What was told once stands there, whatever became of its later revisions.
        there = cls.state.in_((WAITING, SENT)) | (cls.told > 0)
        change = update(cls).where(which, cls.manner == GROW, there)
        db.session.execute(change.values(wanted=cls.wanted + 1, state=WAITING))

    @classmethod
    def sweep(cls) -> int:
        """Forget some that arrived long ago, and what did not after three months; say how many.

        What waits for three days dies, tried or not: a pause, or an outage, may have kept it.
        """
        never = (cls.state == WAITING) & (cls.told == 0) & (cls.created_at < now() - OLDEST)
        over = {"state": DEAD, "reason": func.coalesce(func.nullif(cls.reason, ""), _TOO_LATE)}
        late = cls.free(never & (cls.claimed_by == ""))
        db.session.execute(update(cls).where(cls.id.in_(late)).values(**over))
        kept = timedelta(days=settings().delivery_days)
        done = cls.state.in_((SENT, DROPPED)) & (cls.created_at < now() - kept)
        dead = (cls.state == DEAD) & (cls.created_at < now() - max(_DEAD_KEPT, kept))
        db.session.execute(delete(cls).where(cls.id.in_(gone := cls.free(done | dead))))
        return max(len(late), len(gone))

    @classmethod
    def free(cls, which: ColumnElement[bool]) -> Sequence[int]:
        """Return some, locked, that nobody else has: who changes many never waits for a request."""
        query = select(cls.id).where(which).order_by(cls.id).limit(_AT_ONCE)
        return db.session.scalars(query.with_for_update(skip_locked=True)).all()


class DeliveryEvent(Base):
    """One event that a delivery tells, in the order of their ids."""

    __tablename__ = "delivery_events"

    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True
    )
    event_id: Mapped[int] = mapped_column(
        ForeignKey("events.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    comment_id: Mapped[int | None] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )


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
