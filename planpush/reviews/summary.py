"""The state of a review as one person sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, Text, bindparam, cast, literal, select, union_all

from planpush.accounts.avatar import Face
from planpush.accounts.user import User
from planpush.database.session import UTCDateTime, now, rows
from planpush.plans.plan import EDITOR, Member, Plan
from planpush.plans.presence import SILENT, Viewer
from planpush.reviews.approval import Seat, Table, Word
from planpush.reviews.attention import Turn
from planpush.reviews.sign_offs import APPROVED, CHANGES, SignOff, no_word

_TURN, _VIEWER = "turn", "viewer"


@dataclass(frozen=True, slots=True)
class Review:
    """The reviewers of a plan by name; and of who looks: why it is their turn, may they ask."""

    plan: Plan
    user: User
    seats: Sequence[Seat]
    turns: Sequence[tuple[str, int]]  # why, and in which thread; 0 for the plan as a whole
    viewers: Sequence[Face]  # others who read it right now
    may_ask: bool
    may_decide: bool  # everybody but the owner and who pushed the newest version
    editors: Sequence[Face] = ()  # but its owner

    @classmethod
    def of(cls, plan: Plan, user: User) -> Review:
        """Return where a plan stands. One statement."""
        table = Table()
        turns: list[tuple[str, int]] = []
        viewers, editors = list[Face](), list[Face]()
        asked = {"plan": plan.id, "me": user.id, "lately": now() - SILENT}
        for part, *told, presence, here, gone, user_id, name, email in rows(_query(), asked):
            face = Face(user_id, name, email)
            if part == _TURN:
                turns.append((told[0], int(told[1])))
            elif part == _VIEWER:
                viewers += [face] if presence and user_id != user.id else []
            elif part == EDITOR:
                editors += [face] if user_id != plan.owner_id else []
            else:
                table.note(part, face, Word(*told), here=here and gone is None)
        may_push = user.id in {plan.owner_id, *(one.id for one in editors)}
        may_ask = may_push or user.may("reviews.ask")
        may_decide = user.id not in {plan.owner_id, *table.pushed}
        return cls(plan, user, table.seats(), turns, viewers, may_ask, may_decide, editors)

    @property
    def key(self) -> tuple[Any, ...]:
        """Return what changes when something of this does."""
        editors = [one.name for one in self.editors]
        may = self.may_ask, self.may_decide
        return self.plan.verdict, self.seats, self.turns, may, editors

    @property
    def mine(self) -> Seat | None:
        """Return one's own seat; None for who was not asked and said nothing."""
        return next((seat for seat in self.seats if seat.user.id == self.user.id), None)

    @property
    def said(self) -> str:
        """Return one's own word on the newest version; empty if there is none."""
        return self.mine.said if self.mine and self.mine.said in (APPROVED, CHANGES) else ""

    @property
    def approved_all(self) -> bool:
        """Tell whether one approved the newest version as a whole."""
        return self.said == APPROVED and self.mine is not None and not self.mine.word.sections

    @property
    def may_withdraw(self) -> bool:
        """Tell whether one has a word to take back, also one that lapsed."""
        return self.mine is not None and self.mine.word.decision != ""

    @property
    def approvals(self) -> int:
        """Return how many approved the newest version."""
        return sum(seat.said == APPROVED for seat in self.seats)

    @property
    def tone(self) -> str:
        """Return the colour of the state: good, bad, warn, or plain."""
        if self.plan.verdict == CHANGES:
            return "bad"
        return "good" if self.plan.verdict == APPROVED else "warn" if self.seats else "plain"

    @property
    def status(self) -> str:
        """Return where the plan stands, in words."""
        return status(self.plan.verdict, self.seats)

    @staticmethod
    def words(reason: str) -> str:
        """Return why it is one's turn, in words."""
        return Turn.words(reason)


def status(verdict: str, seats: Sequence[Seat]) -> str:
    """Return where a plan stands, in words; a draft is what nobody was asked about or spoke of."""
    words = {CHANGES: "Changes requested", APPROVED: "Approved"}
    return words.get(verdict, "In review" if seats else "Draft")


@cache
def _query() -> Select[Any]:
    """Return the statement; it is asked for every page, and made once."""
    plan, me = (bindparam(name, type_=Integer) for name in ("plan", "me"))
    lately = bindparam("lately", type_=UTCDateTime)
    _, _, *rest = no_word()
    mine = select(
        Turn.plan_id, Turn.user_id, literal(_TURN), Turn.reason, cast(Turn.thread_id, Text), *rest
    )
    now_here = select(Viewer.plan_id, Viewer.user_id).distinct()
    seen = now_here.where(Viewer.plan_id == plan, Viewer.seen_at > lately).subquery()
    reads = select(*seen.c["plan_id", "user_id"], literal(_VIEWER), *no_word())
    edits = select(Member.plan_id, Member.user_id, Member.kind, *no_word())
    part = union_all(
        *SignOff.parts(lambda column: column == plan),
        reads,
        mine.where(Turn.plan_id == plan, Turn.user_id == me),
        edits.where(Member.plan_id == plan, Member.kind == EDITOR),
    ).subquery()
    words = part.c["part", "decision", "note", "given_on", "until", "sections"]
    query = select(*words, User.presence, User.active, User.deleted_at)
    query = query.add_columns(User.id, User.name, User.email)
    query = query.select_from(part).join(User, part.c.user_id == User.id)
    return query.order_by(User.name, User.id, part.c.part, part.c.note)
