"""Who has which plan open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    delete,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.user import User
from planpush.database.session import Base, UTCDateTime, db, now
from planpush.plans.plan import Plan

SILENT = timedelta(seconds=90)
"""After this long without a word a process counts as gone, and its readers with it."""


class Viewer(Base):
    """A person who reads a plan by way of one process. A process that is silent is gone."""

    SIGN_EVERY: ClassVar[float] = 30.0  # seconds between two signs of life of a process

    __tablename__ = "viewers"
    __table_args__ = (Index(None, "plan_id", "seen_at"),)

    process: Mapped[str] = mapped_column(String(32), primary_key=True)
    plan_id: Mapped[int] = mapped_column(
        ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    @classmethod
    def sweep(cls) -> None:
        """Drop the readers of processes that are gone."""
        db.session.execute(delete(cls).where(cls.seen_at < now() - SILENT))

    @classmethod
    def tell(cls, process: str, here: set[tuple[int, int]], before: set[tuple[int, int]]) -> None:
        """Note who reads by way of a process: (plan id, user id) each; all are there right now.

        A plan or a person that was deleted meanwhile is left out.
        """
        gone, came = before - here, here - before
        mine = cls.process == process
        if gone:
            pair = tuple_(cls.plan_id, cls.user_id)
            db.session.execute(delete(cls).where(mine, pair.in_(sorted(gone))))
        db.session.execute(update(cls).where(mine).values(seen_at=now()))
        plans = _there(Plan, {plan_id for plan_id, _ in came})
        people = _there(User, {user_id for _, user_id in came})
        rows = [
            {"process": process, "plan_id": plan_id, "user_id": user_id, "seen_at": now()}
            for plan_id, user_id in sorted(came)
            if plan_id in plans and user_id in people
        ]
        if rows:
            db.session.execute(insert(cls), rows)

    @classmethod
    def by_plan(cls, plans: Sequence[int]) -> dict[int, frozenset[int]]:
        """Return who reads these plans, in any process, by plan."""
        found: dict[int, set[int]] = defaultdict(set)
        rows = db.session.execute(
            select(cls.plan_id, cls.user_id).where(cls.seen_at > now() - SILENT)
        )
        wanted = set(plans)
        for plan_id, user_id in rows:
            if plan_id in wanted:
                found[plan_id].add(user_id)
        return {plan_id: frozenset(people) for plan_id, people in found.items()}

    @classmethod
    def on(cls, plan: Plan) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions that somebody reads a plan right now."""
        return cls.plan_id == plan.id, cls.seen_at > now() - SILENT

    @classmethod
    def of(cls, plan: Plan, *, but: User) -> Sequence[User]:
        """Return who reads a plan right now, by name, except one."""
        reading = select(cls.user_id).where(*cls.on(plan))
        query = select(User).where(User.id.in_(reading), User.id != but.id, User.presence)
        return db.session.scalars(query.order_by(User.name, User.id)).all()


def _there(kind: type[Plan] | type[User], ids: Collection[int]) -> set[int]:
    return set(db.session.scalars(select(kind.id).where(kind.id.in_(ids)))) if ids else set()
