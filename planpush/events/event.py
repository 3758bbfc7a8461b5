"""Events: what happened, for activity, audit and consequences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    ScalarSelect,
    String,
    delete,
    event,
    func,
    insert,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session

from planpush.database.session import Base, UTCDateTime, db, now, storable

if TYPE_CHECKING:
    from planpush.accounts.user import User


REDACT, PRUNE = "redact", "prune"
# What people are called and which roles they have, settings, and words that are gone everywhere.
_SHARED = (
    "group_role.removed", "group_role.set", "role.changed", "scim.group.changed",
    "scim.group.deleted", "scim.user.changed", "setting.changed", "user.erased", "version.purged",
)  # fmt: skip


def where(condition: str) -> dict[str, Any]:
    """Return what makes an index one of the rows that meet a condition, on both engines."""
    return {f"{engine}_where": text(condition) for engine in ("sqlite", "postgresql")}


class Event(Base):
    """One thing that happened: who, what, when, on which plan."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "plan_id", "id"),
        Index(None, "actor_id", "id"),
        Index(None, "kind", "id"),
        Index("ix_events_thread_id", "thread_id", **where("thread_id IS NOT NULL")),
        Index("ix_events_addressed", "id", **where("plan_id IS NOT NULL AND address <> ''")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id", ondelete="SET NULL"))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id", ondelete="SET NULL"))
    target: Mapped[str] = mapped_column(String(300), default="")  # whom or what, in words
    address: Mapped[str] = mapped_column(String(64), default="")
    request_id: Mapped[str] = mapped_column(String(32), default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    @classmethod
    def record(
        cls,
        kind: str,
        *,
        by: User | None,
        plan_id: int | None = None,
        thread_id: int | None = None,
        target: str = "",
        data: dict[str, Any] | None = None,
    ) -> None:
        """Add an event to this transaction; subscribers hear of it before the commit."""
        address, request_id = db.session().info.get("origin", ("", ""))
        db.session.add(
            cls(
                kind=kind,
                actor_id=by.id if by else None,
                plan_id=plan_id,
                thread_id=thread_id,
                target=storable(target[:300]),
                address=address[:64],
                request_id=request_id,
                data=data or {},
            )
        )

    @classmethod
    def newest(cls, plan_id: int) -> int:
        """Return the id of a plan's newest event, 0 if it has none."""
        return db.session.scalar(select(func.max(cls.id)).where(cls.plan_id == plan_id)) or 0

    @classmethod
    def newest_shared(cls) -> ScalarSelect[int]:
        """Return the query for the newest event that changes what pages of many plans show."""
        by_kind = (select(func.max(cls.id).label("id")).where(cls.kind == one) for one in _SHARED)
        newest = union_all(*by_kind).subquery()  # each is one step in an index
        return select(func.coalesce(func.max(newest.c.id), 0)).scalar_subquery()

    @classmethod
    def newest_of_all(cls) -> int:
        """Return the id of the newest event there is: while it stays, next to nothing happened."""
        return db.session.scalar(select(func.max(cls.id))) or 0

    @classmethod
    def threads_since(cls, plan_id: int, event_id: int) -> set[int]:
        """Return the threads of a plan that something happened to after an event."""
        found = db.session.scalars(
            select(cls.thread_id)
            .where(cls.plan_id == plan_id, cls.id > event_id, cls.thread_id.is_not(None))
            .distinct()
        )
        return {thread_id for thread_id in found if thread_id is not None}


class EventPass(Base):
    """What lets a transaction change events, which the database refuses to everybody else.

    It is gone again before the commit, so that no other transaction ever sees it.
    """

    __tablename__ = "event_passes"

    what: Mapped[str] = mapped_column(String(10), primary_key=True)


@contextmanager
def allowed(what: str) -> Iterator[None]:
    """Let this transaction redact, or prune, events inside; two of these wait for each other."""
    db.session.execute(insert(EventPass).values(what=what))
    yield
    db.session.execute(delete(EventPass).where(EventPass.what == what))


def came_from(address: str, request_id: str) -> None:
    """Note where this request comes from, for every event that it records."""
    db.session().info["origin"] = (address, request_id)


@event.listens_for(Event, "before_update")
@event.listens_for(Event, "before_delete")
def _refuse(_mapper: object, _connection: object, _target: Event) -> None:
    raise TypeError("events are append-only")


@event.listens_for(Event, "after_insert")
def _collect(_mapper: object, _connection: object, target: Event) -> None:
    # session.new is empty at commit for what was flushed before: so collect at the insert.
    session: Session | None = object_session(target)
    if session is not None:
        session.info.setdefault("events", []).append(target)
