"""Sign-offs: approvals and requests for changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from planpush.accounts.avatar import Face
from planpush.accounts.user import User
from planpush.comments.comment import checked_body
from planpush.database.session import Base, UTCDateTime, among, db, now, rows
from planpush.errors import Conflict, Finding, Forbidden, Invalid
from planpush.plans.plan import REVIEWER, Member, Plan
from planpush.plans.version import Version
from planpush.reviews import approval
from planpush.reviews.approval import ASKED, LAPSED, NOTHING, PUSHED, SPOKE, Seat, Table, Word

APPROVED, CHANGES, WAITING = approval.APPROVED, approval.CHANGES, approval.WAITING
DECISIONS = {"approve": APPROVED, "request_changes": CHANGES}
LONGEST = 2_000


class SignOff(Base):
    """Somebody's word on one version: approve it, or ask for changes. A newer word replaces it.

    It covers the `sections` with these anchors, or the whole plan if none is named, and counts for
    later versions as long as these are the same: see `keeping`. One that does not is lapsed.
    """

    __tablename__ = "sign_offs"
    __table_args__ = (Index(None, "plan_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    version: Mapped[int]  # the newest that it counts for; 0: what it was given on was purged
    given_on: Mapped[int] = mapped_column(server_default="0")
    sections: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    decision: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def give(
        cls, plan: Plan, decision: str, note: str = "", *, by: User,
        read: int | None = None, sections: Iterable[str] = (),
    ) -> None:  # fmt: skip
        """Decide about the newest version of a plan that is locked; "changes" says which.

        `read` is the version that they have before them, `sections` what they decide about. The
        same word again is none. Raises 403, 409 if there is a newer version, 422.
        """
        version, note = only_others(plan, by, read), _checked(decision, note)
        word = cls(plan_id=plan.id, user_id=by.id, decision=decision, note=note)
        word.version = word.given_on = version.number
        word.sections = _covered(version, list(sections))
        stood = [one for one in cls._own(plan, by) if one._counts_for(plan)]
        if [one._meaning for one in stood] == [word._meaning]:
            return
        for one in stood:
            one.withdrawn_at = now()
        db.session.add(word)
        cls.settle(plan)
        told = {"decision": decision, "version": version.number}
        plan.record("sign_off.given", by=by, data=told)

    @property
    def _meaning(self) -> tuple[Any, ...]:
        return self.decision, self.note, self.sections, self.given_on

    @classmethod
    def withdraw(cls, plan: Plan, *, by: User) -> None:
        """Take back one's word on a plan that is locked: what counts, else what lapsed last."""
        own = cls._own(plan, by)
        stood = [one for one in own if one._counts_for(plan)]
        stood = stood or [one for one in own[-1:] if one.withdrawn_at is None]
        for one in stood:
            one.withdrawn_at = now()
        if stood:
            cls.settle(plan)
            plan.record("sign_off.withdrawn", by=by, data={"version": plan.newest})

    @classmethod
    def lapse(cls, plan: Plan) -> None:
        """End the words of who owns a plan from now on: nobody decides about their own."""
        for one in cls._own(plan, plan.owner):
            one.withdrawn_at = one.withdrawn_at or now()
        cls.settle(plan)

    @classmethod
    def _own(cls, plan: Plan, user: User) -> Sequence[SignOff]:
        query = select(cls).where(cls.plan_id == plan.id, cls.user_id == user.id)
        return db.session.scalars(query.order_by(cls.id)).all()

    def _counts_for(self, plan: Plan) -> bool:
        return self.withdrawn_at is None and self.version == plan.newest

    @classmethod
    def settle(cls, *plans: Plan) -> None:
        """Let plans say what is decided about their newest version."""
        db.session.flush()
        found = cls.reviewers_of([plan.id for plan in plans])
        for plan in plans:
            plan.verdict = approval.verdict(found.get(plan.id, []), partial(anchors_of, plan))

    @classmethod
    def settle_for(cls, user: User) -> None:
        """Let plans say what is decided without a reviewer who left, or with one who is back."""
        asked = select(Plan).join(Member, Member.plan_id == Plan.id)
        asked = asked.where(Member.user_id == user.id, Member.kind == REVIEWER)
        spoke = select(cls.id).where(cls.plan_id == Plan.id, cls.version == Plan.newest)
        query = asked.where(spoke.exists()).order_by(Plan.id).with_for_update(of=Plan)
        cls.settle(*db.session.scalars(query))

    @classmethod
    def reviewers_of(cls, plan_ids: Collection[int]) -> dict[int, list[Seat]]:
        """Return who reviews the newest version of each of some plans, by name. One statement.

        They were asked, or spoke without being asked, also if that lapsed. Whoever has left is not
        waited for; the owner neither.
        """
        tables: dict[int, Table] = defaultdict(Table)
        asked = {"plan_ids": list(plan_ids)}
        found = rows(_reviewers(), asked).all() if plan_ids else ()
        for who, name, email, here, plan_id, part, *told in found:
            word = Word(*told) if told[0] else NOTHING
            tables[plan_id].note(part, Face(who, name, email), word, here=here)
        return {plan_id: seats for plan_id, table in tables.items() if (seats := table.seats())}

    @classmethod
    def parts(cls, of: Callable[[Any], ColumnElement[bool]]) -> list[Any]:
        """Select (plan_id, user_id, part, *word) of all but the owner: asked, pushed it, spoke.

        `of` is the condition that a column is one of the plans' ids.
        """
        asked = select(Member.plan_id, Member.user_id, literal(ASKED).label("part"), *no_word())
        asked = asked.join(Plan, Plan.id == Member.plan_id)
        pushed = select(Version.plan_id, Version.pushed_by_id, literal(PUSHED), *no_word())
        pushed = pushed.join(Plan, (Plan.id == Version.plan_id) & (Plan.newest == Version.number))
        told = cls.decision, cls.note, cls.given_on, cls.version, cls.sections
        spoke = select(cls.plan_id, cls.user_id, literal(SPOKE), *told)
        spoke = spoke.join(Plan, (Plan.id == cls.plan_id) & (Plan.newest == cls.version))
        last = select(func.max(cls.id)).where(of(cls.plan_id))
        lapsed = select(cls.plan_id, cls.user_id, literal(LAPSED), *told)
        lapsed = lapsed.join(Plan, (Plan.id == cls.plan_id) & (Plan.newest != cls.version))
        here = of(cls.plan_id), cls.withdrawn_at.is_(None)
        return [
            asked.where(of(Plan.id), Member.kind == REVIEWER, Member.user_id != Plan.owner_id),
            pushed.where(of(Plan.id), Version.pushed_by_id != Plan.owner_id),
            spoke.where(*here),
            lapsed.where(
                *here, cls.user_id != Plan.owner_id,
                cls.id.in_(last.group_by(cls.plan_id, cls.user_id)),
            ),
        ]  # fmt: skip


def no_word() -> tuple[Any, ...]:
    """Return the columns of a word where there is none."""
    return (
        literal("").label("decision"), literal("").label("note"), literal(0).label("given_on"),
        literal(0).label("until"), cast(null(), JSON).label("sections"),
    )  # fmt: skip


@cache
def _reviewers() -> Select[Any]:
    """Return the statement of `reviewers_of`: to make it anew takes longer than to run it."""
    part = union_all(*SignOff.parts(partial(among, name="plan_ids"))).subquery()
    here = (User.active & User.deleted_at.is_(None)).label("here")
    query = select(User.id, User.name, User.email, here, *part.c["plan_id", "part"])
    query = query.add_columns(*part.c["decision", "note", "given_on", "until", "sections"])
    return query.join(part, part.c.user_id == User.id).order_by(User.name, User.id)


def anchors_of(plan: Plan) -> list[str]:
    """Return the anchors of a plan's newest version in order."""
    return [row.anchor for row in Version.of(plan).manifest()]


def only_others(plan: Plan, by: User, read: int | None = None) -> Version:
    """Return the newest version, for who may decide about it and has it before them, if told.

    Raises `Forbidden` for the plan's owner and who pushed it, `Conflict` if another was read.
    """
    if by.id == plan.owner_id:
        raise Forbidden("This plan is yours: ask somebody else for a review.")
    version = Version.of(plan)
    if read not in (None, version.number):
        message = f"Version {version.number} was pushed meanwhile: read that first."
        raise Conflict(message, code="not_newest_version")
    if version.pushed_by_id == by.id:
        message = f"You pushed version {version.number}: somebody else has to look at it."
        raise Forbidden(message)
    return version


def _covered(version: Version, sections: Sequence[str]) -> list[str]:
    """Return sections in order, none for all of them. Raises `Invalid` for what is not there."""
    there = [row.anchor for row in version.manifest()] if sections else []
    named, known = set(sections), set(there)  # a form may name one as often as it likes
    unknown = next((anchor for anchor in sections if anchor not in known), None)
    if unknown is not None:
        message = f"Version {version.number} has no section {unknown[:64]}."
        raise Invalid(message, [Finding("unknown_section", message, field="sections")])
    covered = [anchor for anchor in there if anchor in named]
    return [] if covered == there else covered


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
