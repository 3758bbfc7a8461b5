"""An event with its plan and the people involved."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import bindparam, func, literal, select, union

from planpush.comments.comment import Comment
from planpush.comments.thread import Thread
from planpush.database.session import db, rows
from planpush.events.event import Event
from planpush.plans.plan import EDITOR, Member, Plan
from planpush.plans.version import Version
from planpush.reviews.approval import Seat
from planpush.reviews.sign_offs import SignOff

_HERE = Comment.thread_id == bindparam("thread"), Comment.deleted_at.is_(None)
_PARTS = union(
    select(literal("opener"), Thread.opened_by_id).where(Thread.id == bindparam("thread")),
    select(literal("writer"), Comment.author_id).where(*_HERE),
    select(Member.kind, Member.user_id).where(Member.plan_id == bindparam("plan")),
)


@dataclass(frozen=True)
class Scene:
    """What the rules look at: an event, its plan, and who has a part in its thread."""

    event: Event
    plan: Plan

    @cached_property
    def comment(self) -> Comment | None:
        """Return the comment that the event is about."""
        return Comment.of(self.event)

    @cached_property
    def parts(self) -> dict[str, set[int]]:
        """Return who edits the plan, and who opened the thread or wrote there. One statement."""
        found: dict[str, set[int]] = {"opener": set(), "writer": set(), EDITOR: set()}
        asked = {"thread": self.event.thread_id or 0, "plan": self.plan.id}
        for part, user_id in rows(_PARTS, asked):
            found.setdefault(part, set()).add(user_id)
        return found

    @cached_property
    def seats(self) -> list[Seat]:
        """Return who reviews the plan. One statement."""
        return SignOff.reviewers_of([self.plan.id]).get(self.plan.id, [])

    @cached_property
    def version_before(self) -> int:
        """Return the number of the version before the newest; 0 if there is none."""
        query = select(func.max(Version.number)).where(Version.plan_id == self.plan.id)
        older = query.where(Version.number < self.plan.newest, Version.purged_at.is_(None))
        return db.session.scalar(older) or 0

    @property
    def actor(self) -> set[int]:
        """Return who did it, or whose agent did."""
        return {self.event.actor_id} if self.event.actor_id else set()

    @property
    def holders(self) -> set[int]:
        """Return who may push: the owner and the editors."""
        return {self.plan.owner_id} | self.parts[EDITOR]

    @property
    def owner(self) -> set[int]:
        """Return the owner; the editors instead once the owner has left."""
        owner = self.plan.owner
        here = owner.active and owner.deleted_at is None
        return {owner.id} if here else self.parts[EDITOR]

    @cached_property
    def last(self) -> tuple[int, int]:
        """Return the id and the author of the comment that stands last in the thread; 0 if none."""
        query = select(Comment.id, Comment.author_id).where(
            Comment.thread_id == self.event.thread_id, Comment.deleted_at.is_(None)
        )
        found = db.session.execute(query.order_by(Comment.id.desc()).limit(1)).first()
        return (found[0], found[1]) if found else (0, 0)

    @property
    def by_holder(self) -> bool:
        """Tell whether one of the plan's own did it."""
        return bool(self.actor & self.holders)
