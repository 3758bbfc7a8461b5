"""Claims: which worker sends what, and what came of it. Any number of workers claim at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select, update
from sqlalchemy.orm import aliased

from planpush.db import db, now
from planpush.models.delivery import DEAD, DROPPED, SENT, WAITING, Delivery
from planpush.models.outlet import Outlet, is_paced, pause

LEASE = timedelta(seconds=20)
"""After this long without a word of its worker, a claim is another one's."""
_OLDEST = timedelta(days=3)  # nobody wants to read older news
_MOST_ATTEMPTS = 8  # for one message that an outlet, which works otherwise, does not take
_AGAIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """A revision of a delivery that this worker sends. `unsure`: it may have arrived before."""

    id: int
    revision: int
    outlet: str
    channel: str
    unsure: bool
    worker: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """The receiver has it; `remote` is what it calls the message."""

    remote: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not arrive. `whole`: nothing would, so the outlet waits; else only this one failed.

    `final`: it never will. `unsure`: nobody knows. `retry_after`: seconds that the receiver asks.
    """

    reason: str
    whole: bool = True
    final: bool = False
    unsure: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """It must not be told any more."""

    reason: str


Outcome = Arrived | Failed | Dropped


def anything_due() -> bool:
    """Tell whether there is something to claim: a look that takes no lock."""
    return db.session.scalar(_due(now()).limit(1)) is not None


def claim(worker: str, most: int) -> list[Claim]:
    """Claim up to `most` deliveries that are due, one of each lane, the longest due first."""
    at = now()
    found = _due(at).limit(max(most, 1)).with_for_update(skip_locked=True, of=Delivery)
    chosen = _in_turn(db.session.scalars(found).all(), at)
    claims = [
        Claim(one.id, one.wanted, one.outlet, one.channel, one.unsure, worker) for one in chosen
    ]
    for one in chosen:
        one.claimed_by, one.claimed_until = worker, at + LEASE
        one.unsure = True  # until it is known what came of it
    return claims


def _due(at: datetime) -> Any:
    """Return the query of what may leave now: nothing before it in its lane still waits."""
    before = aliased(Delivery)
    blocked = (
        select(before.id)
        .where(before.lane == Delivery.lane, before.state == WAITING, before.id < Delivery.id)
        .exists()
    )
    return (
        select(Delivery)
        .where(Delivery.state == WAITING, Delivery.due_at <= at, _unclaimed(at), ~blocked)
        .where(Delivery.outlet.not_in(Outlet.closed(at)))
        .order_by(Delivery.due_at, Delivery.id)
    )


def _unclaimed(at: datetime) -> ColumnElement[bool]:
    return or_(Delivery.claimed_until.is_(None), Delivery.claimed_until < at)


def _in_turn(found: Sequence[Delivery], at: datetime) -> list[Delivery]:
    """Leave one for each outlet that is paced, or in trouble: it tells whether it still is."""
    failing, chosen, seen = set(Outlet.failing()), list[Delivery](), set[str]()
    for one in found:
        single = is_paced(one.outlet) or one.outlet in failing
        if single and one.outlet in seen:
            continue
        seen.add(one.outlet)
        if not is_paced(one.outlet) or Outlet.take_turn(one.outlet, at):
            chosen.append(one)
    return chosen


def renew(worker: str, ids: Collection[int]) -> None:
    """Keep claims that are still being sent."""
    mine = Delivery.id.in_(ids), Delivery.claimed_by == worker
    db.session.execute(update(Delivery).where(*mine).values(claimed_until=now() + LEASE))


def settle(sent: Claim, outcome: Outcome) -> None:
    """Note what came of a claim, unless it is another worker's by now."""
    at = now()
    done: dict[str, Any] = {"claimed_by": "", "claimed_until": None}
    if isinstance(outcome, Arrived):
        more = Delivery.wanted > sent.revision
        done |= {"told": sent.revision, "told_at": at, "attempts": 0, "unsure": False, "reason": ""}
        done |= {"remote": outcome.remote, "state": case((more, WAITING), else_=SENT)}
        done |= {"due_at": case((more, at + _AGAIN), else_=Delivery.due_at)}
        Outlet.works(sent.outlet)
    elif isinstance(outcome, Dropped):
        done |= {"state": DROPPED, "unsure": False, "reason": outcome.reason[:500]}
    else:
        done |= _failed(sent, outcome, at)
    mine = Delivery.id == sent.id, Delivery.claimed_by == sent.worker
    db.session.execute(update(Delivery).where(*mine).values(**done))


def _failed(sent: Claim, failure: Failed, at: datetime) -> dict[str, Any]:
    """Return what a failed attempt changes."""
    row = db.session.get_one(Delivery, sent.id)
    attempts = row.attempts + 1
    over = failure.final or row.created_at < at - _OLDEST
    if failure.whole:
        Outlet.fails(sent.outlet, failure.reason, retry_after=failure.retry_after)
        due = row.due_at
    else:
        over = over or attempts >= _MOST_ATTEMPTS
        due = at + timedelta(seconds=pause(attempts))
    return {
        "attempts": attempts,
        "due_at": due,
        "reason": failure.reason[:500],
        "state": DEAD if over else WAITING,
        "unsure": sent.unsure or failure.unsure,
    }
