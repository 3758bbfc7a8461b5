"""Comments and their edit history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from planpush.accounts.user import User
from planpush.comments.mentions import Mention
from planpush.database.session import Base, UTCDateTime, db, now
from planpush.document.blocks import has_controls
from planpush.document.diff.words import Word, reworded
from planpush.errors import Finding, Forbidden, Invalid, NotFound, Problem
from planpush.plans.plan import Plan

if TYPE_CHECKING:
    from planpush.comments.thread import Thread
    from planpush.events.event import Event

_SHOWN = 20


class Wording(Base):
    """An earlier body of a comment, and until when it stood."""

    __tablename__ = "wordings"

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    body: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


@dataclass(frozen=True, slots=True)
class Edit:
    """When a comment was changed, and how its words became others."""

    at: datetime
    words: Sequence[Word]


@dataclass(frozen=True, slots=True)
class History:
    """The newest edits of a comment, newest first, and how many there were."""

    edits: Sequence[Edit]
    total: int

    @classmethod
    def of(cls, comment_id: int, body: str) -> History:
        """Return the history of a comment that says `body` today."""
        mine = Wording.comment_id == comment_id
        total = db.session.scalar(select(func.count()).select_from(Wording).where(mine)) or 0
        query = select(Wording).where(mine).order_by(Wording.id.desc()).limit(_SHOWN)
        edits = []
        for earlier in db.session.scalars(query):
            edits.append(Edit(earlier.until, reworded(earlier.body, body)))
            body = earlier.body
        return cls(edits, total)


LONGEST = 10_000
_KEPT = timedelta(hours=24)  # a deleted comment's words, for its author to put back


class Comment(Base):
    """One comment. `via` is "agent" when it came with a bearer token."""

    __tablename__ = "comments"
    __table_args__ = (Index(None, "author_id", "deleted_at", "plan_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"), index=True)
    plan_id: Mapped[int]  # its thread's, again: a person's comments are found without them
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    via: Mapped[str] = mapped_column(String(10), default="")
    kept: Mapped[str] = mapped_column("body", Text)  # whether deleted or not: show `body`
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    author: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    thread: Mapped[Thread] = relationship(back_populates="comments")
    mentions: Mapped[list[Mention]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def body(self) -> str:
        """Return the words; those of a deleted comment are for nobody, though kept a while."""
        return "" if self.deleted_at else self.kept

    @classmethod
    def of(cls, event: Event) -> Comment | None:
        """Return the comment that an event is about; None: about none, or it is gone."""
        number = event.data.get("comment")
        return db.session.get(cls, number) if number else None

    @classmethod
    def find(cls, plan: Plan, comment_id: int) -> Comment:
        """Return a comment of `plan`. Raises `NotFound`."""
        from planpush.comments.thread import Thread

        found = db.session.scalar(
            select(cls).join(Thread).where(Thread.plan_id == plan.id, cls.id == comment_id)
        )
        if found is None:
            raise NotFound("There is no such comment on this plan.")
        return found

    def write(self, body: str) -> None:
        """Take words, and find whom they name."""
        self.kept = body
        Mention.settle(self.mentions, body, self.thread.plan)

    def edit(self, body: str, *, by: User) -> None:
        """Replace the words; only their author may. What they were is kept for who reads them."""
        self.only_author(by)
        self.only_undeleted()
        if body != self.body:
            db.session.add(Wording(comment_id=self.id, body=self.body))
            self.write(body)
            self.edited_at = now()
            self._record("comment.edited", by)

    def delete(self, *, by: User) -> None:
        """Take the words away and leave "deleted"; only their author may, and may put them back."""
        self.only_author(by)
        if self.deleted_at is None:
            self.deleted_at = now()
            self.thread.plan.comment_count = Plan.comment_count - 1
            self._record("comment.deleted", by)

    def restore(self, *, by: User) -> None:
        """Put deleted words back; only their author may, until they are swept. Raises 410 then."""
        self.only_author(by)
        if self.deleted_at is None:
            return
        if not self.kept:
            raise Swept
        self.deleted_at = None
        self.thread.plan.comment_count = Plan.comment_count + 1
        Mention.settle(self.mentions, self.body, self.thread.plan)
        self._record("comment.restored", by)

    @classmethod
    def sweep(cls) -> None:
        """Forget the words of what was deleted a day ago: all of them, the earlier ones, too."""
        swept = select(cls.id).where(cls.deleted_at < now() - _KEPT, cls.kept != "")
        for kind in (Wording, Mention):
            db.session.execute(delete(kind).where(kind.comment_id.in_(swept)))
        db.session.execute(update(cls).where(cls.id.in_(swept)).values(kept=""))

    def only_undeleted(self) -> None:
        """Raise `NotFound` if this was deleted."""
        if self.deleted_at is not None:
            raise NotFound("That comment was deleted.")

    def _record(self, kind: str, by: User) -> None:
        self.thread.plan.record(kind, by=by, thread_id=self.thread_id, data={"comment": self.id})

    def only_author(self, by: User) -> None:
        """Raise `Forbidden` unless `by` wrote this."""
        if by.id != self.author_id:
            raise Forbidden(f"Only {self.author.name} may change this comment.")


@dataclass(eq=False)
class Swept(Problem):
    """410: a deleted comment's words are gone for good."""

    detail: str = "This comment was deleted more than a day ago: its words are gone for good."
    status: int = 410
    code: str = "swept"


def checked_body(text: str, field: str = "body") -> str:
    """Return a comment's words, or raise `Invalid` that says what is wrong with them."""
    body = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not body:
        raise Invalid(
            "Write something first.", [Finding("empty", "Write something first.", field=field)]
        )
    if len(body) > LONGEST:
        message = f"A comment may have {LONGEST:,} characters; this one has {len(body):,}."
        raise Invalid(message, [Finding("too_long", message, field=field)])
    if has_controls(body) or any(0xD800 <= ord(mark) <= 0xDFFF for mark in body):
        message = "Control characters cannot be stored; take them out."
        raise Invalid(message, [Finding("control_character", message, field=field)])
    return body
