"""Actions on several plans at once, and undo."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import func, select

from planpush.accounts.user import User
from planpush.database.encryption import seal, unseal
from planpush.database.session import db
from planpush.errors import NotFound, Problem
from planpush.events.event import Event
from planpush.plans.plan import MOVES, Plan, move

MOST = 100
MINUTES = 10
_PURPOSE = "undo"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a move of many plans: which of them moved, and how many did not, and why.

    `unknown` are those that do not exist and those that may not be seen, which nobody tells apart.
    `event` is the newest event of the move: whatever comes after it on a plan is somebody's wish.
    """

    by: int
    move: str
    ids: Sequence[int] = ()
    already: int = 0
    refused: int = 0
    unknown: int = 0
    meanwhile: int = 0
    event: int = 0
    is_undo: bool = False

    @property
    def can_be_undone(self) -> bool:
        """Tell whether there is something to take back; what was taken back stays so."""
        return bool(self.ids) and not self.is_undo

    def sealed(self) -> str:
        """Return this as a token for an address, which nobody can read or make."""
        return seal(json.dumps(asdict(self), separators=(",", ":")), _PURPOSE)

    @classmethod
    def opened(cls, token: str, by: User) -> Outcome | None:
        """Return what a token of at most ten minutes holds; None if it is not one of `by`."""
        told = unseal(token, _PURPOSE, seconds=MINUTES * 60)
        found = cls(**json.loads(told)) if told else None
        return found if found is not None and found.by == by.id else None


def move_all(ids: Collection[int], name: str, *, by: User) -> Outcome:
    """Move those of some plans that `by` may move; the others are left alone and counted."""
    return _moved(ids, name, by, since=None)


def take_back(token: str, *, by: User) -> Outcome:
    """Undo what a token tells, as far as nobody changed it since.

    Raises `NotFound` for what is no token of `by`, and 410 when it is too old.
    """
    told = Outcome.opened(token, by)
    if told is None or not told.can_be_undone:
        raise _refusal(token, by)
    back = _moved(told.ids, MOVES[told.move].back, by, since=told.event)
    return replace(back, is_undo=True)


def _refusal(token: str, by: User) -> Problem:
    told = unseal(token, _PURPOSE)
    if told is None or json.loads(told)["by"] != by.id or json.loads(told)["is_undo"]:
        return NotFound("There is nothing to undo here. Only who did it can undo it.")
    return Problem(
        f"Undo works for {MINUTES} minutes. Select the plans in the list and change them there.",
        status=410,
        code="gone",
    )


def _moved(ids: Collection[int], name: str, by: User, *, since: int | None) -> Outcome:
    """Move plans, all in one order so that two of these never wait for each other."""
    query = Plan.visible_to(by).where(Plan.id.in_(ids)).order_by(Plan.id)
    plans = db.session.scalars(query.with_for_update(of=Plan)).all()
    touched = _touched(ids, name, since) if since is not None else frozenset[int]()
    theirs = [plan for plan in plans if plan.manageable_by(by)]
    elsewhere = [plan for plan in theirs if not MOVES[name].is_made(plan)]
    moved: list[int] = []
    for plan in elsewhere:
        if plan.id not in touched:
            move(plan, name, by=by)
            moved.append(plan.id)
    return Outcome(
        by=by.id,
        move=name,
        ids=moved,
        already=len(theirs) - len(elsewhere),
        refused=len(plans) - len(theirs),
        unknown=len(set(ids)) - len(plans),
        meanwhile=len(elsewhere) - len(moved),
        event=_newest(moved, name),
    )


def _newest(ids: Sequence[int], name: str) -> int:
    """Return the id of the newest event of a move that was just made."""
    db.session.flush()
    query = select(func.max(Event.id)).where(
        Event.plan_id.in_(ids), Event.kind == MOVES[name].event
    )
    return (db.session.scalar(query) or 0) if ids else 0


def _touched(ids: Collection[int], name: str, since: int) -> frozenset[int]:
    """Return the plans that were moved to and fro after an event."""
    kinds = (MOVES[name].event, MOVES[MOVES[name].back].event)
    query = select(Event.plan_id).where(
        Event.plan_id.in_(ids), Event.id > since, Event.kind.in_(kinds)
    )
    return frozenset(one for one in db.session.scalars(query) if one is not None)
