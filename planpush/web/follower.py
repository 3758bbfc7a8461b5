"""Followers: the open streams, what each is still to be told, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from planpush.models.live import EVERY_NAME, NOTICES, PLANS, Happening
from planpush.models.onlooker import Onlooker

ANY_PLAN = 0
"""What those follow whose page is no plan's."""
PAUSE = 5.0  # seconds between two times that a page is told to look at its list of plans


@dataclass(slots=True, eq=False)
class Follower:
    """One open stream: of which plan, whose, and what is still to be told.

    `after` is the plan's newest event when its reader was checked (that of all, for those who
    follow no plan), `checked` the newest of all, `noticed` that of their newest notice. `held`
    waits for the end of a pause, which is at `free_at`.
    """

    plan_id: int
    after: int
    checked: int
    noticed: int
    who: Onlooker
    seen_by_others: bool
    free_at: float = 0.0
    held: int | None = None
    pending: dict[str, int] = field(default_factory=dict)
    waits: asyncio.Future[None] | None = None
    over: bool = False
    beat_at: float = 0.0
    end_at: float = 0.0

    @property
    def everything(self) -> tuple[str, ...]:
        """Return every name that this stream may say."""
        return (*EVERY_NAME, NOTICES) if self.plan_id else (PLANS, NOTICES)

    def news(self, one: Happening) -> tuple[str, ...]:
        """Return what its page does not know yet of something that happened."""
        names: tuple[str, ...] = ()
        if one.id > self.after and one.plan_id:
            if one.plan_id == self.plan_id:
                names = one.names
            elif self.plan_id == ANY_PLAN and self.who.sees(one):
                names = (PLANS,)
        if one.id > self.noticed and self.who.id in one.noticed:
            names = (*names, NOTICES)
        return names

    def tell(self, names: Iterable[str], event_id: int, now: float) -> None:
        """Note names to tell; one that waits already is told once, with the later id."""
        for name in names:
            if name == PLANS and now < self.free_at:
                self.held = max(event_id, self.held or 0)
            else:
                self.pending[name] = max(event_id, self.pending.get(name, 0))
                self.held = None if name == PLANS else self.held
        if self.pending:
            self.wake()

    def let_go(self, now: float) -> bool:
        """Tell what was held once the pause is over; False: it is not."""
        if now < self.free_at:
            return False
        held, self.held = self.held, None
        if held is not None:
            self.tell((PLANS,), held, now)
        return True

    def wake(self) -> None:
        """Let the stream go on: it has something to say, or is over."""
        if self.waits is not None and not self.waits.done():
            self.waits.set_result(None)

    def taken(self, now: float) -> bytes:
        """Return what to send now: the pending names, or a sign of life."""
        if not self.pending:
            return b":\n\n"
        told, self.pending = self.pending, {}
        if PLANS in told:
            self.free_at = now + PAUSE
        # A later id would say that its page has heard of what is held.
        return written(told if self.held is None else dict.fromkeys(told, 0))


def written(told: Mapping[str, int]) -> bytes:
    """Return names as server-sent events. The last carries the newest id, if there is one.

    A connection that breaks between them has told of none: all come again.
    """
    return _written(tuple(told), max(told.values(), default=0))


@lru_cache(64)  # a crowd is told the same
def _written(names: tuple[str, ...], newest: int) -> bytes:
    lines = [f"event: {name}\ndata: {{}}\n\n" for name in names]
    if newest:
        lines[-1] = f"id: {newest}\n{lines[-1]}"
    return "".join(lines).encode()
