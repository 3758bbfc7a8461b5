"""Open streams of this process and what each is sent.

A stream says that something happened, never what: whoever is told asks for it, and that request
is checked like any other. Streams end now and then, and whenever a right may have ended; the
browser comes back, says the last id that it saw, and is checked anew.
"""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask import Flask

from planpush.live.presence import Readers
from planpush.live.subscriptions import EVERY_NAME, NOTICES, PLANS, PRESENCE, Happening, Onlooker
from planpush.live.watcher import Watcher
from planpush.web.draining import is_draining

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


HUB, FOLLOW = "planpush.hub", "planpush.follow"
MOST_EACH = 40  # streams of one person in one process
_RECENT = 5_000  # happenings kept for who was reading the page meanwhile
_BEAT = 40.0  # seconds between signs of life: proxies give up on a silent stream after 60
_LONGEST = 600.0  # seconds until a stream ends, and its reader is checked anew
_SOON = 60.0  # and the same when what ends a right may have been missed
_TICK = 0.2
_GOODBYE = 1.0
_BACK = 500, 3000  # milliseconds after which pages come back that a restart sent away
_CROWD = 250

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Hub:
    """The followers of one process; all but `people` and `readers` belong to its event loop."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.followers: dict[int, set[Follower]] = defaultdict(set)
        self.people: dict[int, set[Follower]] = defaultdict(set)
        self.held: set[Follower] = set()
        self.joined = 0  # streams since garbage was collected
        self.moved = False  # whether somebody came or went since that was written down
        self.recent: deque[Happening] = deque(maxlen=_RECENT)
        self.watcher, self.readings = Watcher(app, self), Readers(app, self)
        self._ticking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch: in the process that serves, after any fork."""
        self.loop = asyncio.get_running_loop()
        gc.collect()
        gc.freeze()  # what the app is made of stays: no collection need look at it again
        self._ticking = self.loop.create_task(self._tick())
        self.watcher.start()
        self.readings.start()

    def stop(self) -> None:
        """End every stream and stop watching."""
        for follower in self._all():
            self._end(follower)
        self.watcher.stop.set()
        self.readings.stop.set()
        if self._ticking is not None:
            self._ticking.cancel()

    def join(self) -> None:
        """Let its threads say goodbye: a moment, since the database may be away."""
        ends = time.monotonic() + _GOODBYE
        for thread in (self.readings, self.watcher):
            thread.stop.set()
            if thread.ident:
                thread.join(max(0.0, ends - time.monotonic()))

    def is_full_for(self, user_id: int) -> bool:
        """Tell whether somebody has as many streams here as one person may."""
        return len(self.people.get(user_id, ())) >= MOST_EACH

    def streams(self) -> int:
        """Return how many streams are open here."""
        return sum(len(group) for group in list(self.followers.values()))

    def readers(self) -> set[tuple[int, int]]:
        """Return (plan id, user id) of those who let others see what they read."""
        return {(f.plan_id, f.who.id) for f in self._all() if f.seen_by_others and f.plan_id}

    async def follow(self, follower: Follower, send: Send) -> None:
        """Hold a stream until it ends; a client that left ends it by cancelling."""
        now = self.loop.time()
        follower.beat_at = now + _BEAT * random.random()  # noqa: S311 - spreads the work
        follower.end_at = now + _LONGEST * random.uniform(0.8, 1.2)  # noqa: S311
        self.followers[follower.plan_id].add(follower)
        self.people[follower.who.id].add(follower)
        self.joined += 1
        self.moved = True
        try:
            for happening in self.recent:  # since the page was rendered, before it was joined
                self._pass_on(follower, happening)
                self._check(follower, happening)
            while not follower.over:
                if not follower.pending:
                    follower.waits = self.loop.create_future()
                    await follower.waits
                await send(_part(follower.taken(self.loop.time())))
            if is_draining(self.app):
                await send(_part(_goodbye()))
        finally:
            self._leave(follower)

    def told(self, happenings: list[Happening]) -> None:
        """Tell those who follow; called in the loop with what the watcher found."""
        for one in happenings:
            self.recent.append(one)
            for follower in self._concerned(one):
                self._pass_on(follower, one)
            if one.ends_rights:
                for follower in self._all():
                    self._check(follower, one)

    def lost(self) -> None:
        """Something may have been missed: everybody looks, and is checked anew before long."""
        now = self.loop.time()
        for follower in self._all():
            follower.end_at = min(follower.end_at, now + _SOON * random.random())  # noqa: S311
            self._tell(follower, follower.everything, 0)

    def came_and_went(self, plans: set[int]) -> None:
        """Tell the followers of these plans that their readers changed."""
        for plan_id in plans:
            for follower in self.followers.get(plan_id, ()):
                self._tell(follower, (PRESENCE,), 0)

    def _all(self) -> list[Follower]:
        return [follower for group in list(self.followers.values()) for follower in list(group)]

    def _concerned(self, one: Happening) -> Iterable[Follower]:
        """Return those who may have to be told: few of many, and some perhaps twice."""
        if one.plan_id:
            yield from self.followers.get(one.plan_id, ())
            yield from self.followers.get(ANY_PLAN, ())
        for user_id in one.noticed:
            yield from self.people.get(user_id, ())

    def _pass_on(self, follower: Follower, one: Happening) -> None:
        """Tell of what its page does not know yet."""
        names = follower.news(one)
        if names:
            self._tell(follower, names, one.id)

    def _tell(self, follower: Follower, names: Iterable[str], event_id: int) -> None:
        """Tell, now or when a pause is over. A crowd does not come back all at one moment."""
        now = self.loop.time()
        crowd = len(self.followers.get(ANY_PLAN, ())) > _CROWD
        if crowd and follower.held is None and now >= follower.free_at:
            follower.free_at = now + PAUSE * random.random()  # noqa: S311 - spreads the work
        follower.tell(names, event_id, now)
        if follower.held is not None:
            self.held.add(follower)

    def _check(self, follower: Follower, one: Happening) -> None:
        """End a stream whose right may have ended; its reader comes back if it has not."""
        late = one.ends_rights and one.id > follower.checked
        if late and one.concerns(follower.plan_id, follower.who.id, follower.who.email):
            self._end(follower)

    def _end(self, follower: Follower) -> None:
        follower.over = True
        follower.wake()

    def _leave(self, follower: Follower) -> None:
        for groups, key in ((self.followers, follower.plan_id), (self.people, follower.who.id)):
            groups[key].discard(follower)
            if not groups[key]:
                del groups[key]
        self.held.discard(follower)
        self.moved = True

    async def _tick(self) -> None:
        """Give signs of life, end what is old, and end all once the server is told to stop."""
        due = 0.0
        while True:
            await asyncio.sleep(_TICK)
            stopping = is_draining(self.app)
            now = self.loop.time()
            self.held = {one for one in self.held if not one.let_go(now)}
            if now < due and not stopping:
                continue
            due = now + 1.0
            if self.joined >= _CROWD:  # what their requests left behind would lie among them
                self.joined = 0
                gc.collect()
            for follower in self._all():
                if stopping or now >= follower.end_at:
                    self._end(follower)
                elif now >= follower.beat_at:
                    follower.beat_at = now + _BEAT
                    follower.wake()


def _goodbye() -> bytes:
    """Return what lets a page come back at a moment of its own: all pages leave at once.

    The event has no data, so that browsers only note the time; htmx would overlook it alone.
    """
    return b"retry: %d\nevent: goodbye\n\n" % random.randint(*_BACK)  # noqa: S311


def _part(body: bytes) -> MutableMapping[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}
