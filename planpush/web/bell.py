"""The bell in the bar: what somebody has not read yet, asked once for a page."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from sqlalchemy import exists, select

from planpush.db import db
from planpush.models.notice import MOST_COUNTED, Mute, Notice
from planpush.models.plan import Plan
from planpush.models.user import User

_KEPT = "planpush.bell"  # where this request keeps it


@dataclass(frozen=True, slots=True)
class Bell:
    """How many notices are unread, at most `MOST_COUNTED`; and whether the page's plan is muted."""

    unread: int
    muted: bool
    plan_id: int

    @property
    def shown(self) -> str:
        """Return the number as the bar shows it; nothing for none."""
        return f"{MOST_COUNTED - 1}+" if self.unread >= MOST_COUNTED else str(self.unread or "")

    @property
    def words(self) -> str:
        """Return what it says to who does not see it."""
        if not self.unread:
            return "No unread notices"
        return f"{self.shown} unread {'notice' if self.unread == 1 else 'notices'}"


def bell(user: User, plan: Plan | None = None) -> Bell:
    """Return what the bar and a plan's menu say, from one look into the database."""
    kept: Bell | None = request.environ.get(_KEPT)
    plan_id = plan.id if plan is not None else 0
    if kept is None or plan_id not in (0, kept.plan_id):
        muted = exists().where(Mute.user_id == user.id, Mute.plan_id == plan_id)
        row = db.session.execute(select(Notice.count_unread(user), muted)).one()
        kept = request.environ[_KEPT] = Bell(row[0], row[1], plan_id)
    return kept
