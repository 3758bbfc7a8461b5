"""Notices inside planpush."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.user import Reader, User
from planpush.database.batches import drop
from planpush.database.session import Base, UTCDateTime, db, now, upsert
from planpush.errors import NotFound
from planpush.events.event import Event, where
from planpush.plans.plan import Plan
from planpush.settings.store import settings

MOST_COUNTED = 100  # unread ones: nobody wants to know how many more there are
_READ_KEPT = timedelta(days=30)


class Notice(Base):
    """Something on a plan that concerns somebody. An unread one grows: `count` events in all."""

    __tablename__ = "notices"
    __table_args__ = (
        Index(None, "user_id", "read_at", "at"),
        Index(None, "user_id", "event_id"),
        Index(None, "plan_id", "user_id"),
        Index(None, "at"),
        Index(None, "event_id"),
        Index("ix_notices_thread_id", "thread_id", **where("thread_id IS NOT NULL")),
        Index("ix_notices_comment_id", "comment_id", **where("comment_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="SET NULL"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(20))  # why: see preference.KINDS
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))  # the newest
    count: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def add(cls, event: Event, told: Mapping[str, Sequence[int]]) -> None:
        """Tell people of an event, by why they are told: few statements, however many they are.

        What somebody has not read yet about the same, for the same reason, grows.
        """
        about: dict[str, Any] = {"plan_id": event.plan_id, "thread_id": event.thread_id}
        newest = {
            "event_id": event.id,
            "actor_id": event.actor_id,
            "comment_id": event.data.get("comment"),
            "at": event.at,
        }
        rows: list[dict[str, Any]] = []
        for kind, ids in told.items():
            grows = cls.user_id.in_(ids) & (cls.kind == kind) & cls.read_at.is_(None)
            query = update(cls).filter_by(**about).where(grows)
            query = query.values(count=cls.count + 1, **newest)
            options = {"synchronize_session": False}
            returned = query.returning(cls.user_id).execution_options(**options)
            grown = set(db.session.scalars(returned))
            rows += [
                about | newest | {"user_id": user_id, "kind": kind}
                for user_id in ids
                if user_id not in grown
            ]
        if rows:
            db.session.execute(insert(cls), rows)

    @classmethod
    def shown_to(cls, user: User | Reader) -> Select[Plan]:
        """Return the notices of a person about plans that they may still see, with the plans."""
        return Plan.visible_to(user).join(cls, cls.plan_id == Plan.id).where(cls.user_id == user.id)

    @classmethod
    def count_unread(cls, user: User | Reader) -> Any:
        """Return a subquery: how many a person has not read, at most `MOST_COUNTED`."""
        unread = cls.shown_to(user).where(cls.read_at.is_(None)).with_only_columns(cls.id)
        some = unread.limit(MOST_COUNTED).subquery()
        return select(func.count()).select_from(some).scalar_subquery()

    @classmethod
    def find(cls, user: User, notice_id: int) -> tuple[Notice, str]:
        """Return a person's notice and its plan's address. Raises `NotFound`."""
        query = cls.shown_to(user).where(cls.id == notice_id).with_only_columns(cls, Plan.slug)
        found = db.session.execute(query).first()
        if found is None:
            raise NotFound
        return found[0], found[1]

    @classmethod
    def read_all(cls, user: User, *, until: int) -> None:
        """Mark what a person sees as read; `until` is the newest event that they were shown."""
        unread = cls.shown_to(user).where(cls.read_at.is_(None), cls.event_id <= until)
        query = update(cls).where(cls.id.in_(unread.with_only_columns(cls.id)))
        db.session.execute(
            query.values(read_at=now()), execution_options={"synchronize_session": False}
        )

    @classmethod
    def unread_of(cls, user: User, plan: Plan, thread_id: int) -> tuple[int, int]:
        """Return how many notices of a thread a person has not read, and the newest event."""
        mine = (cls.user_id == user.id) & cls.read_at.is_(None)
        query = select(func.count(), func.max(cls.event_id)).where(mine, cls.plan_id == plan.id)
        row = db.session.execute(query.where(cls.thread_id == thread_id)).one()
        return row[0], row[1] or 0

    @classmethod
    def read_thread(cls, user_id: int, thread_id: int, *, until: int) -> None:
        """Mark what a person was told of a thread as read, up to an event."""
        unread = (cls.user_id == user_id) & cls.read_at.is_(None)
        query = update(cls).where(unread, cls.thread_id == thread_id, cls.event_id <= until)
        db.session.execute(
            query.values(read_at=now()), execution_options={"synchronize_session": False}
        )

    @classmethod
    def sweep(cls) -> int:
        """Forget some that were read a month ago, or that nobody read for long; return how many."""
        kept = timedelta(days=settings().notice_days)
        over = (cls.read_at < now() - _READ_KEPT) | (cls.at < now() - kept)
        # What is over is older than that, too: an index by time need not be read to its end.
        return drop(cls, cls.at < now() - min(_READ_KEPT, kept), over)

    def read(self) -> None:
        """Note that its person has seen this: what happens next is a notice of its own."""
        self.read_at = self.read_at or now()


class Mute(Base):
    """A plan that somebody does not want to hear of."""

    __tablename__ = "mutes"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    plan_id: Mapped[int] = mapped_column(
        ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True
    )
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    @classmethod
    def add(cls, user: User, plan: Plan) -> None:
        """Let a person hear nothing more of a plan but what names them."""
        row = upsert(cls).values(user_id=user.id, plan_id=plan.id, at=now())
        db.session.execute(row.on_conflict_do_nothing())

    @classmethod
    def lift(cls, user: User, plan: Plan) -> None:
        """Let a person hear of a plan again."""
        db.session.execute(delete(cls).where(cls.user_id == user.id, cls.plan_id == plan.id))

    @classmethod
    def of(cls, user: User) -> Sequence[Plan]:
        """Return the plans that a person muted and may see, by title."""
        query = Plan.visible_to(user).join(cls, cls.plan_id == Plan.id)
        found = query.where(cls.user_id == user.id).order_by(Plan.title_key, Plan.id)
        return db.session.scalars(found).all()
