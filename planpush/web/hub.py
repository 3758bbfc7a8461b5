"""The hub: who follows which plan in this process, and what they are told, by name only.

A stream says that something happened, never what: whoever is told asks for it, and that request
is checked like any other. Streams end now and then, and whenever a right may have ended; the
browser comes back, says the last id that it saw, and is checked anew.
"""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from planpush.models.live import EVERY_NAME, PRESENCE, Happening
from planpush.web.readers import Readers
from planpush.web.watcher import Watcher

HUB, FOLLOW = "planpush.hub", "planpush.follow"
MOST_EACH = 40  # streams of one person in one process
_RECENT = 5_000  # happenings kept for who was reading the page meanwhile
_BEAT = 25.0  # seconds between signs of life: proxies give up on a silent stream after 60
_LONGEST = 600.0  # seconds until a stream ends, and its reader is checked anew
_SOON = 60.0  # and the same when what ends a right may have been missed
_TICK = 0.2
_CROWD = 250

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(slots=True, eq=False)
class Follower:
    """One open stream: of which plan, whose, and what is still to be told.

    `after` is the plan's newest event when its reader was checked, `checked` the newest of all.
    """

    plan_id: int
    after: int
    checked: int
    user_id: int
    email: str
    seen_by_others: bool
    pending: dict[str, int] = field(default_factory=dict)
    waits: asyncio.Future[None] | None = None
    over: bool = False
    beat_at: float = 0.0
    end_at: float = 0.0

    def tell(self, names: Iterable[str], event_id: int) -> None:
        """Note names to tell; one that waits already is told once, with the later id."""
        for name in names:
            self.pending[name] = max(event_id, self.pending.get(name, 0))
        self.wake()

    def wake(self) -> None:
        """Let the stream go on: it has something to say, or is over."""
        if self.waits is not None and not self.waits.done():
            self.waits.set_result(None)

    def taken(self) -> bytes:
        """Return what to send now: the pending names, or a sign of life."""
        if not self.pending:
            return b":\n\n"
        told, self.pending = self.pending, {}
        return written(told)


def written(told: MutableMapping[str, int]) -> bytes:
    """Return names as server-sent events. The last carries the newest id, if there is one.

    A connection that breaks between them has told of none: all come again.
    """
    lines = [f"event: {name}\ndata: {{}}\n\n" for name in told]
    newest = max(told.values(), default=0)
    if newest:
        lines[-1] = f"id: {newest}\n{lines[-1]}"
    return "".join(lines).encode()


class Hub:
    """The followers of one process; all but `counts` and `readers` belong to its event loop."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.followers: dict[int, set[Follower]] = defaultdict(set)
        self.counts: Counter[int] = Counter()
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

    def is_full_for(self, user_id: int) -> bool:
        """Tell whether somebody has as many streams here as one person may."""
        return self.counts[user_id] >= MOST_EACH

    def readers(self) -> set[tuple[int, int]]:
        """Return (plan id, user id) of those who let others see what they read."""
        return {(f.plan_id, f.user_id) for f in self._all() if f.seen_by_others}

    async def follow(self, follower: Follower, send: Send) -> None:
        """Hold a stream until it ends; a client that left ends it by cancelling."""
        now = self.loop.time()
        follower.beat_at = now + _BEAT * random.random()  # noqa: S311 - spreads the work
        follower.end_at = now + _LONGEST * random.uniform(0.8, 1.2)  # noqa: S311
        self.followers[follower.plan_id].add(follower)
        self.counts[follower.user_id] += 1
        self.joined += 1
        self.moved = True
        try:
            for happening in self.recent:  # since the page was rendered, before it was joined
                if happening.plan_id == follower.plan_id:
                    self._pass_on(follower, happening)
                self._check(follower, happening)
            while not follower.over:
                if not follower.pending:
                    follower.waits = self.loop.create_future()
                    await follower.waits
                await send(_part(follower.taken()))
        finally:
            self._leave(follower)

    def told(self, happenings: list[Happening]) -> None:
        """Tell those who follow; called in the loop with what the watcher found."""
        for one in happenings:
            self.recent.append(one)
            for follower in self.followers.get(one.plan_id, ()):
                self._pass_on(follower, one)
            if one.ends_rights:
                for follower in self._all():
                    self._check(follower, one)

    def lost(self) -> None:
        """Something may have been missed: everybody looks, and is checked anew before long."""
        now = self.loop.time()
        for follower in self._all():
            follower.end_at = min(follower.end_at, now + _SOON * random.random())  # noqa: S311
            follower.tell(EVERY_NAME, 0)

    def came_and_went(self, plans: set[int]) -> None:
        """Tell the followers of these plans that their readers changed."""
        for plan_id in plans:
            for follower in self.followers.get(plan_id, ()):
                follower.tell((PRESENCE,), 0)

    def _all(self) -> list[Follower]:
        return [follower for group in list(self.followers.values()) for follower in list(group)]

    def _pass_on(self, follower: Follower, one: Happening) -> None:
        """Tell of what its page does not know yet."""
        if one.names and one.id > follower.after:
            follower.tell(one.names, one.id)

    def _check(self, follower: Follower, one: Happening) -> None:
        """End a stream whose right may have ended; its reader comes back if it has not."""
        late = one.ends_rights and one.id > follower.checked
        if late and one.concerns(follower.plan_id, follower.user_id, follower.email):
            self._end(follower)

    def _end(self, follower: Follower) -> None:
        follower.over = True
        follower.wake()

    def _leave(self, follower: Follower) -> None:
        group = self.followers[follower.plan_id]
        group.discard(follower)
        if not group:
            del self.followers[follower.plan_id]
        self.counts[follower.user_id] -= 1
        self.moved = True
        if not self.counts[follower.user_id]:
            del self.counts[follower.user_id]

    async def _tick(self) -> None:
        """Give signs of life, end what is old, and end all once the server is told to stop."""
        due = 0.0
        while True:
            await asyncio.sleep(_TICK)
            worker = self.app.extensions.get("planpush_worker")
            stopping = worker is not None and not worker.alive
            now = self.loop.time()
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


def _part(body: bytes) -> MutableMapping[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}
