"""Leases: which worker sends which delivery, and the result.

Web requests lock deliveries, so whoever works never waits for one while it holds another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import aliased

from planpush.database.session import db, storable
from planpush.notifications.channels import Outlet, clock, pause
from planpush.notifications.outbox import DEAD, DROPPED, OLDEST, SENT, WAITING, Delivery
from planpush.notifications.slack_names import Begun, Met

LEASE = timedelta(seconds=20)
"""After this long without a word of its worker, a claim is another one's."""
_MOST_ATTEMPTS = 8  # for one message that an outlet, which works otherwise, does not take
_MOST_ALONE = 30  # for one that seems to bring trouble upon an outlet, which works for others
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
    """The receiver has it; `remote` is what it calls the message.

    `learnt`, here and below, is what else it told, to be kept whatever came of the message.
    """

    remote: dict[str, Any] = field(default_factory=dict)
    learnt: Sequence[Begun | Met] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not arrive. `whole`: nothing would, so the outlet waits; else only this one failed.

    `final`: it never will. `unsure`: nobody knows. `retry_after`: seconds that the receiver asks.
    `gone`: the receiver wants no more, so the outlet pauses until somebody says otherwise.
    """

    reason: str
    whole: bool = True
    final: bool = False
    unsure: bool = False
    retry_after: float | None = None
    gone: bool = False
    learnt: Sequence[Begun | Met] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """It must not be told any more."""

    reason: str
    learnt: Sequence[Begun | Met] = ()


Outcome = Arrived | Failed | Dropped


def anything_due() -> bool:
    """Tell whether there is something to claim: a look that takes no lock."""
    at = clock()
    return any(_has_room(key, at) and _found(key, at, 1) for key in _outlets(at))


def claim(worker: str, most: int, flying: Collection[int] = ()) -> list[Claim]:
    """Claim up to `most` deliveries that are due, one of each lane: who has least under way first.

    No outlet gets more than half of what is free, and none of what is `flying` here is claimed.
    """
    at, claims = clock(), list[Claim]()
    for key in _outlets(at):
        free = most - len(claims)
        outlet = Outlet.seize(key, at) if free > 0 else None
        if outlet is not None:
            room = min(outlet.room(_under_way(key, at)), (free + 1) // 2)
            claims += _claimed(outlet, worker, at, room, flying)
    return claims


def _claimed(
    outlet: Outlet, worker: str, at: datetime, room: int, flying: Collection[int]
) -> Iterator[Claim]:
    if not room:
        return
    found = _found(outlet.key, at, room, flying, lock=True)
    for one in found:
        yield Claim(one.id, one.wanted, outlet.key, one.channel, one.unsure, worker)
    # Unsure until it is known what came of it.
    taken = {"claimed_by": worker, "claimed_until": at + LEASE, "unsure": True}
    if found:
        _change([one.id for one in found], taken)
        outlet.take_turn(at)


def _outlets(at: datetime) -> list[str]:
    """Return the open outlets that have something due: the least under way, the longest due."""
    free = func.count().filter(_unclaimed(at))
    due = select(Delivery.outlet).where(Delivery.state == WAITING, Delivery.due_at <= at)
    due = due.group_by(Delivery.outlet).having(free > 0)
    due = due.order_by(func.count() - free, func.min(Delivery.due_at), func.min(Delivery.id))
    found = db.session.scalars(due).all()
    closed = Outlet.closed(found, at) if found else set()
    return [key for key in found if key not in closed]


def _has_room(key: str, at: datetime) -> bool:
    outlet = db.session.get(Outlet, key)
    return outlet is None or outlet.room(_under_way(key, at)) > 0


def _under_way(key: str, at: datetime) -> int:
    """Return how many deliveries of an outlet all workers together are sending."""
    query = select(func.count()).where(
        Delivery.outlet == key, Delivery.state == WAITING, Delivery.claimed_until >= at
    )
    return db.session.scalar(query) or 0


def _found(
    key: str, at: datetime, most: int, flying: Collection[int] = (), *, lock: bool = False
) -> Sequence[Any]:
    """Return what may leave by an outlet: what nothing waits before, or flies, in its lane."""
    other = aliased(Delivery)
    lane = (other.lane == Delivery.lane) & (other.state == WAITING)
    # Asked for each row, from an index: PostgreSQL would join a long lane with itself.
    first = select(func.min(other.id)).where(lane).scalar_subquery()
    flies = select(other.id).where(lane, other.id != Delivery.id, other.claimed_until >= at)
    query = (
        select(Delivery.id, Delivery.wanted, Delivery.channel, Delivery.unsure)
        .where(Delivery.outlet == key, Delivery.state == WAITING, Delivery.due_at <= at)
        .where(_unclaimed(at), Delivery.id == first, ~flies.exists(), Delivery.id.not_in(flying))
        .order_by(Delivery.due_at, Delivery.id)
        .limit(most)
    )
    if lock:
        query = query.with_for_update(skip_locked=True, of=Delivery)
    return db.session.execute(query).all()


def _unclaimed(at: datetime) -> ColumnElement[bool]:
    return or_(Delivery.claimed_until.is_(None), Delivery.claimed_until < at)


def holds(one: Claim) -> bool:
    """Tell whether a claim is still its worker's, who may have been stopped for a while."""
    mine = Delivery.id == one.id, Delivery.claimed_by == one.worker
    return db.session.scalar(select(Delivery.id).where(*mine, ~_unclaimed(clock()))) is not None


def renew(worker: str, ids: Collection[int]) -> None:
    """Keep claims that are still being sent."""
    mine = Delivery.id.in_(ids), Delivery.claimed_by == worker
    free = select(Delivery.id).where(*mine).with_for_update(skip_locked=True)
    kept = db.session.scalars(free).all()
    _change(kept, {"claimed_until": clock() + LEASE})


def settle(sent: Claim, outcome: Outcome) -> bool:
    """Note what came of a claim, unless it is another worker's by now; False: it is locked now."""
    mine = Delivery.id == sent.id, Delivery.claimed_by == sent.worker
    query = select(
        Delivery.wanted, Delivery.told, Delivery.attempts, Delivery.created_at, Delivery.due_at
    ).where(*mine)
    row = db.session.execute(query.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return db.session.execute(query).one_or_none() is None
    more, at = row.wanted > sent.revision, clock()
    done: dict[str, Any] = {"claimed_by": "", "claimed_until": None}
    if isinstance(outcome, Arrived):
        done |= {"told": sent.revision, "told_at": at, "attempts": 0, "unsure": False, "reason": ""}
        done |= {"remote": outcome.remote, "state": WAITING if more else SENT}
        done |= {"due_at": at + _AGAIN if more else row.due_at}
        Outlet.works(sent.outlet)
    elif isinstance(outcome, Dropped):
        done |= {"reason": _short(outcome), "state": WAITING if more else DROPPED}
        done |= {"unsure": sent.unsure and more}
    else:
        done |= _failed(sent, outcome, row, at)
    _change([sent.id], done)
    for one in outcome.learnt:
        one.keep()
    return True


def _failed(sent: Claim, failure: Failed, row: Any, at: datetime) -> dict[str, Any]:
    """Return what a failed attempt changes. Others of the outlet go first the next time.

    In an outage nobody knows whether it was this one's fault: that is no attempt of its own.
    """
    told: dict[str, Any] = {"retry_after": failure.retry_after, "gone": failure.gone}
    whole = failure.whole and not failure.final  # what never arrives says nothing of others
    own = not whole or Outlet.fails(sent.outlet, _short(failure), **told)
    attempts = row.attempts + own
    late = not row.told and row.created_at < at - OLDEST
    most = _MOST_ALONE if whole else _MOST_ATTEMPTS
    over = failure.final or late or attempts >= most
    return {
        "attempts": attempts,
        "due_at": at + timedelta(seconds=pause(attempts) if own else 0.0),
        "reason": _short(failure),
        # What joined meanwhile was not tried yet.
        "state": DEAD if over and row.wanted == sent.revision else WAITING,
        "unsure": sent.unsure or failure.unsure,
    }


def _change(ids: Sequence[int], values: dict[str, Any]) -> None:
    change = update(Delivery).where(Delivery.id.in_(ids)).values(**values)
    db.session.execute(change, execution_options={"synchronize_session": False})


def _short(outcome: Failed | Dropped) -> str:
    return storable(outcome.reason)[:500]
