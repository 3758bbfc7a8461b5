"""Unsent comments, kept on the server."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, Select, String, Text, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.user import User
from planpush.comments.comment import LONGEST, Comment
from planpush.comments.thread import Thread
from planpush.database.batches import drop
from planpush.database.session import Base, UTCDateTime, db, now, storable
from planpush.document.anchoring.target import Place
from planpush.errors import Finding, Invalid, Malformed
from planpush.plans.plan import Plan

MOST = 50
NEW = "new:"
_KEPT = timedelta(days=90)
_NAME = 1_000
_WHOLE = Place()
_FORM = re.compile(r"(new)|(reply|edit):([1-9][0-9]{0,8})")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_TURN = re.compile(r"([A-Za-z0-9-]{1,40})\.([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Unsent:
    """What a form says of itself when it saves its words.

    `key` is the form's hidden one, which it is sent with; `turn` is "page.count": which page saves
    this, for the how-manieth time. `where`, `version` and `blocking` are a new thread's.
    """

    body: str
    key: str
    turn: str = ""
    version: int = 0
    where: Place = _WHOLE
    blocking: bool = False


class Draft(Base):
    """Unsent words of one person on one plan. `place` names the form that they are for."""

    __tablename__ = "drafts"
    __table_args__ = (Index(None, "plan_id"),)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    plan_id: Mapped[int] = mapped_column(
        ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[str] = mapped_column(String(80), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=0)
    selector: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    blocking: Mapped[bool] = mapped_column(default=False)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    @classmethod
    def of(cls, plan: Plan, user: User) -> dict[str, Draft]:
        """Return a person's drafts on `plan` by place, the one that was saved last first."""
        rows = db.session.scalars(_drafts(), {"plan": plan.id, "user": user.id})
        return {row.place: row for row in rows}

    @classmethod
    def save(cls, plan: Plan, place: str, unsent: Unsent, *, by: User) -> None:
        """Keep the words of a form; no words, no draft. The oldest of too many goes.

        Raises `Invalid` for too many words, `NotFound` for a form that is not there.
        """
        place = cls._checked(plan, place, unsent.key, by)
        body = storable(unsent.body.replace("\r\n", "\n"))
        if len(body) > LONGEST:
            message = f"Too long to be kept: {len(body):,} characters of at most {LONGEST:,}."
            raise Invalid(message, [Finding("too_long", message, field="body")])
        before = db.session.get(cls, (by.id, plan.id, place))
        if before is not None and before._is_newer(unsent):
            return
        if not body.strip():
            cls.forget(plan, place, by=by)
            return
        draft = before or cls(user_id=by.id, plan_id=plan.id, place=place)
        draft.body, draft.version, draft.blocking = body, unsent.version, unsent.blocking
        turn = unsent.turn if _TURN.fullmatch(unsent.turn) else ""
        draft.selector = {"key": unsent.key, "turn": turn} | _stored(unsent.where)
        draft.saved_at = now()
        db.session.add(draft)
        cls._drop_oldest(plan, by)

    @classmethod
    def forget(cls, plan: Plan, place: str, *, by: User, key: str = "") -> None:
        """Drop a draft: its words were sent, or are not wanted."""
        found = db.session.get(cls, (by.id, plan.id, storable(_named(place, key))))
        if found is not None:
            db.session.delete(found)
            db.session.flush()

    @classmethod
    def scrub(cls, plan: Plan, gone: Collection[int], anchors: Collection[str]) -> None:
        """Take what was quoted of purged versions out of drafts; they keep their section."""
        query = select(cls).where(cls.plan_id == plan.id, cls.version.in_(gone))
        for draft in db.session.scalars(query):
            anchor = draft.where.anchor
            draft.selector = {
                "key": draft.key,
                "turn": draft.selector.get("turn", ""),
                "place": {"anchor": anchor if anchor in anchors else ""},
            }
            draft.version = plan.newest

    @classmethod
    def sweep(cls) -> int:
        """Drop some that nobody came back to; return how many."""
        return drop(cls, cls.saved_at < now() - _KEPT)

    @property
    def key(self) -> str:
        """Return the hidden key of the form that these words were typed in."""
        return str(self.selector.get("key", ""))

    @property
    def where(self) -> Place:
        """Return where a new thread is to be opened."""
        return Place(**self.selector.get("place", {}))

    def _is_newer(self, unsent: Unsent) -> bool:
        """Tell whether the same page saved something later, which overtook this on the way."""
        mine, theirs = (
            _TURN.fullmatch(turn) for turn in (self.selector.get("turn", ""), unsent.turn)
        )
        return bool(mine and theirs and mine[1] == theirs[1] and int(mine[2]) > int(theirs[2]))

    @classmethod
    def _checked(cls, plan: Plan, place: str, key: str, by: User) -> str:
        """Return the place under which a form's words are kept, if `by` may use that form."""
        form = _FORM.fullmatch(place)
        if form is None or not _KEY.fullmatch(key):
            message = "place is new, reply:12 or edit:31, and key is that of the form"
            raise Malformed(message, [Finding("malformed", message, field="place")])
        if form[2] == "reply":
            Thread.find(plan, int(form[3]))
        elif form[2] == "edit":
            comment = Comment.find(plan, int(form[3]))
            comment.only_undeleted()
            comment.only_author(by)
        return _named(place, key)

    @classmethod
    def _drop_oldest(cls, plan: Plan, by: User) -> None:
        db.session.flush()
        for draft in list(cls.of(plan, by).values())[MOST:]:
            db.session.delete(draft)


def _named(place: str, key: str) -> str:
    """Return a form's place: each composer has one of its own, so that two tabs keep two drafts."""
    return NEW + key if place == "new" else place


def _stored(where: Place) -> dict[str, Any]:
    """Return a new thread's place as JSON, without what is too long to be found anyway."""
    if where == _WHOLE:
        return {}
    cut = replace(where, quote=where.quote[:LONGEST])
    told = {
        name: storable(value if name == "quote" else value[:_NAME])
        if isinstance(value, str)
        else value
        for name, value in asdict(cut).items()
        if value not in ("", None)
    }
    return {"place": told}


@cache
def _drafts() -> Select[Draft]:
    """Return the statement for a person's drafts; every page asks it, so it is made once."""
    plan, user = (bindparam(name, type_=Integer) for name in ("plan", "user"))
    query = select(Draft).where(Draft.plan_id == plan, Draft.user_id == user)
    return query.order_by(Draft.saved_at.desc(), Draft.place)
