"""Sign-offs: what a person decided about a version, and what that makes of the plan."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    bindparam,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from planpush.content.avatar import Face
from planpush.content.problem import Conflict, Finding, Forbidden, Invalid
from planpush.db import Base, UTCDateTime, db, now, rows
from planpush.models.comment import checked_body
from planpush.models.plan import REVIEWER, Member, Plan
from planpush.models.user import User
from planpush.models.version import Version

APPROVED, CHANGES, WAITING = "approved", "changes", "waiting"
DECISIONS = {"approve": APPROVED, "request_changes": CHANGES}
ASKED, SPOKE = "asked", "spoke"
LONGEST = 2_000


class SignOff(Base):
    """Somebody's word on one version: approve it, or ask for changes. A newer word replaces it.

    It covers the `sections` with these anchors, or the whole plan if none is named.
    """

    __tablename__ = "sign_offs"
    __table_args__ = (Index(None, "plan_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    version: Mapped[int]  # the newest that it counts for
    given_on: Mapped[int] = mapped_column(server_default="0")
    sections: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    decision: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def give(
        cls, plan: Plan, decision: str, note: str = "", *, by: User, read: int | None = None
    ) -> None:
        """Decide about the newest version of a plan that is locked; "changes" says which.

        `read` is the version that they have before them. The same word again is none. Raises 403
        for its owner, 409 if there is a newer version, 422.
        """
        only_others(plan, by)
        note, version = _checked(decision, note), Version.of(plan)
        if read not in (None, version.number):
            message = f"Version {version.number} was pushed meanwhile: read that first."
            raise Conflict(message, code="not_newest_version")
        stood = cls._standing(plan, by)
        if [(one.decision, one.note) for one in stood] == [(decision, note)]:
            return
        for one in stood:
            one.withdrawn_at = now()
        word = cls(plan_id=plan.id, user_id=by.id, version=version.number, decision=decision)
        word.given_on = version.number
        word.note = note
        db.session.add(word)
        cls.settle(plan)
        data = {"decision": decision, "version": version.number}
        plan.record("sign_off.given", by=by, data=data)

    @classmethod
    def withdraw(cls, plan: Plan, *, by: User) -> None:
        """Take back one's word on the newest version of a plan that is locked."""
        stood = cls._standing(plan, by)
        for one in stood:
            one.withdrawn_at = now()
        if stood:
            cls.settle(plan)
            plan.record("sign_off.withdrawn", by=by, data={"version": plan.newest})

    @classmethod
    def lapse(cls, plan: Plan) -> None:
        """End the word of who owns a plan from now on: nobody decides about their own."""
        stood = cls._standing(plan, plan.owner)
        for one in stood:
            one.withdrawn_at = now()
        if stood:
            cls.settle(plan)

    @classmethod
    def _standing(cls, plan: Plan, user: User) -> list[SignOff]:
        here = cls.plan_id == plan.id, cls.version == plan.newest
        query = select(cls).where(*here, cls.user_id == user.id, cls.withdrawn_at.is_(None))
        return list(db.session.scalars(query))

    @classmethod
    def settle(cls, plan: Plan) -> None:
        """Let a plan say what is decided about its newest version: a word for changes outweighs."""
        db.session.flush()
        here = cls.plan_id == plan.id, cls.version == plan.newest
        query = select(cls.decision).where(*here, cls.withdrawn_at.is_(None)).distinct()
        said = set(db.session.scalars(query))
        plan.verdict = CHANGES if CHANGES in said else APPROVED if said else ""

    @classmethod
    def reviewers_of(cls, plan_ids: Collection[int]) -> dict[int, list[tuple[Face, str]]]:
        """Return who reviews each of some plans by name, and what they said of the newest version.

        They were asked, or spoke without being asked: "approved", "changes" or "waiting". One
        statement. Whoever has left is not waited for; the owner neither.
        """
        found: dict[int, dict[int, tuple[Face, str]]] = {}
        asked = {"plan_ids": list(plan_ids)}
        for who, name, email, here, plan_id, said in rows(_reviewers(), asked) if plan_ids else ():
            people = found.setdefault(plan_id, {})
            if said != WAITING or (here and who not in people):
                people[who] = Face(who, name, email), said
        return {plan_id: list(people.values()) for plan_id, people in found.items()}

    @classmethod
    def parts(cls, plan_ids: Any) -> list[Select[int, int, str, str, str]]:
        """Select (plan_id, user_id, part, said, note) of who was asked, and of what stands."""
        wait, none = literal(WAITING).label("said"), literal("").label("note")
        asked = (
            select(Member.plan_id, Member.user_id, literal(ASKED).label("part"), wait, none)
            .join(Plan, Plan.id == Member.plan_id)
            .where(Member.kind == REVIEWER, Member.user_id != Plan.owner_id)
        )
        spoke = (
            select(cls.plan_id, cls.user_id, literal(SPOKE), cls.decision, cls.note)
            .join(Plan, (Plan.id == cls.plan_id) & (Plan.newest == cls.version))
            .where(cls.withdrawn_at.is_(None))
        )
        return [asked.where(Plan.id.in_(plan_ids)), spoke.where(cls.plan_id.in_(plan_ids))]


@cache
def _reviewers() -> Select[Any]:
    """Return the statement of `reviewers_of`: to make it anew takes longer than to run it."""
    part = union_all(*SignOff.parts(bindparam("plan_ids", expanding=True))).subquery()
    here = (User.active & User.deleted_at.is_(None)).label("here")
    query = select(User.id, User.name, User.email, here, part.c.plan_id, part.c.said)
    return query.join(part, part.c.user_id == User.id).order_by(User.name, User.id)


def only_others(plan: Plan, by: User) -> None:
    """Raise `Forbidden` for a plan's owner."""
    if by.id == plan.owner_id:
        raise Forbidden("This plan is yours: ask somebody else for a review.")


def _checked(decision: str, note: str) -> str:
    """Return a note as it is stored. Raises `Invalid` for what cannot be decided like that."""
    if decision not in DECISIONS.values():
        message = f"Decide one of {', '.join(DECISIONS)}."
        raise Invalid(message, [Finding("unknown_decision", message, field="decision")])
    if not note.strip():
        message = "Say what should change."
        if decision == CHANGES:
            raise Invalid(message, [Finding("empty", message, field="note")])
        return ""
    if len(note) > LONGEST:
        message = f"A note may have {LONGEST:,} characters; this one has {len(note):,}."
        raise Invalid(message, [Finding("too_long", message, field="note")])
    return checked_body(note, "note")
