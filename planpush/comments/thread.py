"""Threads: a conversation about one place of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnExpressionArgument,
    ForeignKey,
    Index,
    String,
    Text,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, lazyload, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from planpush.accounts.user import User
from planpush.comments.comment import Comment
from planpush.comments.rejections import Rejection
from planpush.database.session import Base, UTCDateTime, db, hold, now, rows
from planpush.document.anchoring import target as content
from planpush.document.anchoring.target import Place
from planpush.errors import Finding, Forbidden, Invalid, NotFound
from planpush.plans.plan import Plan
from planpush.plans.version import Version

OPEN, RESOLVED = "open", "resolved"
MOST, MOST_COMMENTS = 1_000, 5_000
"""Threads, and comments, of one plan: a page shows how many there are, and a push places all."""
# Not "state = 'open'": SQLite would rather look that up in the other index, and read the rows.
BLOCKED = f"blocking AND state <> '{RESOLVED}'"
_BLOCKING: Any = {f"{engine}_where": text(BLOCKED) for engine in ("sqlite", "postgresql")}


class Thread(Base):
    """A conversation. `opened_on` is the version that its opener read."""

    __tablename__ = "threads"
    __table_args__ = (
        Index(None, "plan_id", "state", "id"),
        Index("ix_threads_blocking", "plan_id", **_BLOCKING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10), default=OPEN)
    kind: Mapped[str] = mapped_column(String(10))
    blocking: Mapped[bool] = mapped_column(default=False)
    opened_on: Mapped[int]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer_status: Mapped[str | None] = mapped_column(String(10))
    answer_note: Mapped[str] = mapped_column(Text, default="")
    answer_unchanged: Mapped[bool] = mapped_column(default=False)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    plan: Mapped[Plan] = relationship()
    resolved_by: Mapped[User | None] = relationship(foreign_keys=[resolved_by_id], lazy="selectin")
    answered_by: Mapped[User | None] = relationship(foreign_keys=[answered_by_id], lazy="selectin")
    comments: Mapped[list[Comment]] = relationship(
        back_populates="thread", order_by=Comment.id, lazy="selectin"
    )
    origins: Mapped[list[Origin]] = relationship(order_by="Origin.id", lazy="selectin")
    rejections: Mapped[list[Rejection]] = relationship(order_by=Rejection.id)

    @classmethod
    def open(
        cls, plan: Plan, place: Place, body: str, *, by: User, on: int, shown: int, **told: Any
    ) -> Thread:
        """Open a thread at `place` on version `on`, and place it on `shown` and the newest, too.

        `told` is `blocking` and `via`. Raises `Invalid` if there is no such place.
        """
        from planpush.comments.placement import place_opened

        if cls.number_on(plan) >= MOST:
            raise _too_many("threads", MOST)
        version = Version.of(plan, on)
        blocks = version.blocks(place.anchor)
        found = content.locate(blocks, version.number, place)
        thread = cls._started(plan, found, by, blocking=told["blocking"])
        plan.open_threads = Plan.open_threads + 1
        place_opened(thread, found, version, blocks, shown)
        data = {"version": version.number} | _came(told["via"])
        plan.record("thread.opened", by=by, thread_id=thread.id, data=data)
        thread.comment(body, by=by, via=told["via"])
        return thread

    @classmethod
    def _started(cls, plan: Plan, found: content.Origin, by: User, *, blocking: bool) -> Thread:
        origin = Origin(version=found.version, selector=found.as_dict(), added_by_id=by.id)
        thread = cls(
            plan_id=plan.id,
            plan=plan,
            kind=found.kind,
            blocking=blocking,
            opened_on=found.version,
            opened_by_id=by.id,
            origins=[origin],
        )
        db.session.add(thread)
        db.session.flush()
        return thread

    @classmethod
    def find(cls, plan: Plan, thread_id: int, *options: Any) -> Thread:
        """Return a thread of `plan`. Raises `NotFound`."""
        query = select(cls).where(cls.plan_id == plan.id, cls.id == thread_id)
        found = db.session.scalar(query.options(*options))
        if found is None:
            raise NotFound("There is no such thread on this plan.")
        set_committed_value(found, "plan", plan)  # held, or it would be read again for each word
        return found

    @classmethod
    def bare(cls, plan: Plan, thread_id: int) -> Thread:
        """Return a thread of `plan` to be written to; no comment is read. Raises `NotFound`."""
        return cls.find(plan, thread_id, lazyload(cls.comments), lazyload(cls.origins))

    @classmethod
    def find_for(cls, user: User, thread_id: int) -> Thread:
        """Return a thread that `user` may see, its plan locked: for changes by programs.

        A program names a thread by its id alone. Raises `NotFound`.
        """
        holds = select(cls.plan_id).where(cls.id == thread_id).scalar_subquery()
        query = Plan.visible_to(user).where(Plan.id == holds)
        plan = db.session.scalar(query.with_for_update(of=Plan, key_share=True))
        if plan is None:
            raise NotFound("There is no such thread, or its plan is not published.")
        return cls.bare(plan, thread_id)

    @classmethod
    def number_on(cls, plan: Plan) -> int:
        """Return how many threads a plan has."""
        db.session.flush()  # a counter is an expression between being counted up and that
        return plan.open_threads + plan.resolved_threads

    @classmethod
    def of(cls, plan: Plan, *those: ColumnExpressionArgument[bool]) -> Sequence[Thread]:
        """Return the threads of `plan`, oldest first, with their origins; no comment is read."""
        query = select(cls).where(cls.plan_id == plan.id, *those).order_by(cls.id)
        bare = map(lazyload, (cls.comments, cls.resolved_by, cls.answered_by))
        found = db.session.scalars(query.options(*bare)).all()
        for thread in found:
            set_committed_value(thread, "plan", plan)
        return found

    @property
    def origin(self) -> content.Origin:
        """Return the place that this thread speaks of, as it was when somebody chose it."""
        return content.Origin.from_dict(self.origins[-1].selector)

    def comment(self, body: str, *, by: User, via: str = "") -> Comment:
        """Add a comment. A person's word after an answer makes the thread unanswered again."""
        if comments_on(self.plan_id) >= MOST_COMMENTS:
            raise _too_many("comments", MOST_COMMENTS)
        # Not appended to `comments`, which would be read for it.
        told: dict[str, Any] = {"kept": body, "via": via, "mentions": []}
        added = Comment(thread=self, plan_id=self.plan_id, author_id=by.id, author=by, **told)
        db.session.add(added)
        hold(added, self, self.plan)
        added.write(body)
        db.session.flush()
        self.plan.comment_count = Plan.comment_count + 1
        if not via:
            self.answer_status, self.answer_note, self.answer_unchanged = None, "", False
        data = {"comment": added.id} | _came(via)
        self.plan.record("comment.added", by=by, thread_id=self.id, data=data)
        return added

    def resolve(self, *, by: User, via: str = "") -> None:
        """Close this thread: its opener, the plan's owner, an admin or a project manager may."""
        if not self.plan.resolvable_by(by, self.opened_by_id):
            raise Forbidden("Only who opened this, the plan's owner or an admin may resolve.")
        if self.state == OPEN:
            self._turn(RESOLVED, by, via)
            self.resolved_by, self.resolved_at = by, now()

    def reopen(self, *, by: User, via: str = "") -> None:
        """Open this thread again: everybody who sees it may."""
        if self.state == RESOLVED:
            self._turn(OPEN, by, via)
            self.resolved_by, self.resolved_at = None, None

    def _turn(self, state: str, by: User, via: str) -> None:
        step = 1 if state == RESOLVED else -1
        self.state = state
        self.plan.open_threads = Plan.open_threads - step
        self.plan.resolved_threads = Plan.resolved_threads + step
        kind = "thread.resolved" if state == RESOLVED else "thread.reopened"
        self.plan.record(kind, by=by, thread_id=self.id, data=_came(via))

    def answer(self, status: str, note: str, *, by: User, unchanged: bool) -> None:
        """Note what the author did about this thread; `unchanged` doubts an "applied"."""
        self.answer_status, self.answer_note = status, note
        self.answer_unchanged = status == "applied" and unchanged
        self.answered_by, self.answered_at = by, now()
        data: dict[str, Any] = {"status": status, "unchanged": self.answer_unchanged}
        self.plan.record("thread.answered", by=by, thread_id=self.id, data=data)


class Origin(Base):
    """Where a thread was put, never rewritten: re-attaching appends a newer one."""

    __tablename__ = "origins"

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"), index=True)
    version: Mapped[int]
    selector: Mapped[dict[str, Any]] = mapped_column(JSON)
    added_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


# Asked with each comment: a statement that is there already costs a third of one that is made.
_COMMENTS = (
    select(func.count())
    .select_from(Comment)
    .join(Thread, Thread.id == Comment.thread_id)
    .where(Thread.plan_id == bindparam("plan"))
)


def comments_on(plan_id: int) -> int:
    """Return how many comments a plan has, deleted ones, too: these are read with their threads."""
    return rows(_COMMENTS, {"plan": plan_id}).scalar() or 0


def _too_many(what: str, most: int) -> Invalid:
    message = f"A plan takes {most:,} {what}: push what is left to talk about as a new plan."
    return Invalid(message, [Finding(f"too_many_{what}", message, field="body")])


def _came(via: str) -> dict[str, Any]:
    """Return what an event says of a program that acted for somebody."""
    return {"via": via} if via else {}
