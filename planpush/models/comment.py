"""Comments: what somebody wrote in a thread."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from planpush.content.blocks import has_controls
from planpush.content.problem import Finding, Forbidden, Invalid, NotFound
from planpush.db import Base, UTCDateTime, db, now
from planpush.models.mention import Mention
from planpush.models.plan import Plan
from planpush.models.user import User
from planpush.models.wording import Wording

if TYPE_CHECKING:
    from planpush.models.thread import Thread

LONGEST = 10_000


class Comment(Base):
    """One comment. `via` is "agent" when it came with a bearer token."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    via: Mapped[str] = mapped_column(String(10), default="")
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    author: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    thread: Mapped[Thread] = relationship(back_populates="comments")
    mentions: Mapped[list[Mention]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @classmethod
    def find(cls, plan: Plan, comment_id: int) -> Comment:
        """Return a comment of `plan`. Raises `NotFound`."""
        from planpush.models.thread import Thread

        found = db.session.scalar(
            select(cls).join(Thread).where(Thread.plan_id == plan.id, cls.id == comment_id)
        )
        if found is None:
            raise NotFound("There is no such comment on this plan.")
        return found

    def edit(self, body: str, *, by: User) -> None:
        """Replace the words; only their author may."""
        self._only_author(by)
        if self.deleted_at is not None:
            raise NotFound("That comment was deleted.")
        if body != self.body:
            db.session.add(Wording(comment_id=self.id, body=self.body))
            self.body, self.edited_at = body, now()
            self.thread.plan.record("comment.edited", by=by, thread_id=self.thread_id)

    def delete(self, *, by: User) -> None:
        """Take the words away and leave "deleted"; only their author may."""
        self._only_author(by)
        if self.deleted_at is None:
            self.body, self.deleted_at = "", now()
            self.thread.plan.comment_count = Plan.comment_count - 1
            self.thread.plan.record("comment.deleted", by=by, thread_id=self.thread_id)

    def _only_author(self, by: User) -> None:
        if by.id != self.author_id:
            raise Forbidden(f"Only {self.author.name} may change this comment.")


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
