"""Reviews: where a plan stands with its reviewers, as one person sees it; and who reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, cast, literal, select, union_all

from planpush.db import db
from planpush.models.plan import EDITOR, Member, Plan
from planpush.models.sign_off import APPROVED, ASKED, CHANGES, SPOKE, WAITING, SignOff
from planpush.models.turn import Turn
from planpush.models.user import User
from planpush.models.viewer import Viewer

_TURN, _VIEWER = "turn", "viewer"
_STATES = {
    APPROVED: "approved",
    CHANGES: "asked for changes",
    WAITING: "has not decided yet",
}


@dataclass(frozen=True, slots=True)
class Seat:
    """One reviewer: what they said of the newest version, and why."""

    user: User
    said: str
    note: str = ""
    asked: bool = False

    @property
    def words(self) -> str:
        """Return what they said, in words."""
        return _STATES[self.said]


@dataclass(frozen=True, slots=True)
class Review:
    """The reviewers of a plan by name; and of who looks: why it is their turn, may they ask."""

    plan: Plan
    user: User
    seats: Sequence[Seat]
    turns: Sequence[tuple[str, int]]  # why, and in which thread; 0 for the plan as a whole
    viewers: Sequence[User]  # others who read it right now
    may_ask: bool
    editors: Sequence[User] = ()  # but its owner

    @classmethod
    def of(cls, plan: Plan, user: User) -> Review:
        """Return where a plan stands. One statement."""
        seats: dict[int, Seat] = {}
        turns: list[tuple[str, int]] = []
        viewers, editors = [], list[User]()
        for person, part, said, note in db.session.execute(_query(plan, user)):
            here = person.active and person.deleted_at is None
            if part == _TURN:
                turns.append((said, int(note)))
            elif part == _VIEWER:
                viewers += [person] if person.presence and person.id != user.id else []
            elif part == EDITOR:
                editors += [person] if person.id != plan.owner_id else []
            elif part == SPOKE or here:
                seats[person.id] = Seat(person, said, note, person.id in seats or part == ASKED)
        may_push = user.id in {plan.owner_id, *(one.id for one in editors)}
        may_ask = may_push or user.may("reviews.ask")
        return cls(plan, user, list(seats.values()), turns, viewers, may_ask, editors)

    @property
    def key(self) -> tuple[Any, ...]:
        """Return what changes when something of this does."""
        seats = [(one.user.id, one.user.name, one.said, one.note) for one in self.seats]
        editors = [one.name for one in self.editors]
        return self.plan.verdict, seats, self.turns, self.may_ask, editors

    @property
    def mine(self) -> str:
        """Return one's own word on the newest version; empty if there is none."""
        own = (seat.said for seat in self.seats if seat.user.id == self.user.id)
        return next((said for said in own if said != WAITING), "")

    @property
    def may_decide(self) -> bool:
        """Tell whether one may approve: everybody but the owner."""
        return self.plan.owner_id != self.user.id

    @property
    def approvals(self) -> int:
        """Return how many approved the newest version."""
        return sum(seat.said == APPROVED for seat in self.seats)

    @property
    def tone(self) -> str:
        """Return the colour of the state: good, bad, warn, or none."""
        if self.plan.verdict == CHANGES:
            return "bad"
        return "good" if self.plan.verdict == APPROVED else "warn" if self.seats else ""

    @property
    def status(self) -> str:
        """Return where the plan stands, in words; empty as long as nobody was asked or spoke."""
        words = {CHANGES: "Changes asked", APPROVED: "Approved"}
        return words.get(self.plan.verdict, "In review" if self.seats else "")

    @staticmethod
    def words(reason: str) -> str:
        """Return why it is one's turn, in words."""
        return Turn.words(reason)


def _query(plan: Plan, user: User) -> Select[Any]:
    mine = select(
        Turn.plan_id, Turn.user_id, literal(_TURN), Turn.reason, cast(Turn.thread_id, Text)
    )
    none = literal(""), literal("")
    reads = select(Viewer.plan_id, Viewer.user_id, literal(_VIEWER), *none).distinct()
    edits = select(Member.plan_id, Member.user_id, Member.kind, *none)
    part = union_all(
        *SignOff.parts([plan.id]),
        reads.where(*Viewer.on(plan)),
        mine.where(Turn.plan_id == plan.id, Turn.user_id == user.id),
        edits.where(Member.plan_id == plan.id, Member.kind == EDITOR),
    ).subquery()
    query = select(User, part.c.part, part.c.said, part.c.note)
    query = query.join(part, part.c.user_id == User.id)
    return query.order_by(User.name, User.id, part.c.part, part.c.note)
