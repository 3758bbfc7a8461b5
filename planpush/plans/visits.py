"""When a person last opened a plan, and which version they saw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, bindparam, case, or_
from sqlalchemy.orm import Mapped, mapped_column

from planpush.database.session import Base, UTCDateTime, db, now, rows, upsert

_NOTED = ("user_id", "plan_id", "at", "version")


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody saw last of a plan: a version, and what had happened until `at`."""

    user_id: int
    version: int
    at: datetime

    def misses(self, at: datetime | None, by: int | None, until: datetime | None = None) -> bool:
        """Tell whether they have not seen what `by` did; their own doings are nothing new."""
        if at is None or by == self.user_id:
            return False
        return self.at < at and (until is None or at <= until)

    def onward(self, to: Seen) -> Seen:
        """Return what was seen after `to` was seen, too: nothing becomes unseen again."""
        return replace(to, version=max(self.version, to.version), at=max(self.at, to.at))


class Visit(Base):
    """A person's last look at a plan, or the last thing that they did there.

    `version` is what they saw last, and `seen_at` when: not by looking, but when they say so.
    """

    __tablename__ = "visits"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    plan_id: Mapped[int] = mapped_column(
        ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def note(cls, user_id: int, plan_id: int, at: datetime) -> None:
        """Note that somebody looked at a plan."""
        told = {"user_id": user_id, "plan_id": plan_id, "at": at, "version": 0}
        rows(_noting(db.engine.dialect.name), told)

    @classmethod
    def see(cls, plan_id: int, seen: Seen) -> None:
        """Note what somebody has seen now; what they had seen already stays seen."""
        told: dict[str, Any] = {"version": seen.version, "seen_at": seen.at}
        row = upsert(cls).values(user_id=seen.user_id, plan_id=plan_id, at=seen.at, **told)
        older, earlier = cls.version < seen.version, cls.seen_at < seen.at
        later = {
            "version": case((older, seen.version), else_=cls.version),
            "seen_at": case((or_(cls.seen_at.is_(None), earlier), seen.at), else_=cls.seen_at),
        }
        keys = ["user_id", "plan_id"]
        db.session.execute(row.on_conflict_do_update(index_elements=keys, set_=later))

    @classmethod
    def begin(cls, plan_id: int, seen: Seen, at: datetime) -> None:
        """Note that somebody opened a plan for the first time: so far, nothing is new to them."""
        cls.note(seen.user_id, plan_id, at)
        cls.see(plan_id, seen)


@cache
def _noting(_dialect: str) -> Any:
    row = upsert(Visit).values({name: bindparam(name) for name in _NOTED})
    return row.on_conflict_do_update(
        index_elements=["user_id", "plan_id"], set_={"at": row.excluded.at}
    )
