"""Sends deliveries, several at a time."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from flask import Flask, g

from planpush.channels.slack.client import to_channel, to_person
from planpush.channels.webhooks import to_hook
from planpush.config import Config
from planpush.database.outages import SENTENCES, outage
from planpush.database.session import commit, db
from planpush.logs import about
from planpush.notifications.leases import (  # fmt: skip
    Arrived,
    Claim,
    Dropped,
    Failed,
    Outcome,
    anything_due,
    claim,
    holds,
    renew,
    settle,
)
from planpush.notifications.outbox import CHANNEL, PERSON, WEBHOOK
from planpush.notifications.rendering import Hidden, Parcel, parcel
from planpush.settings.store import settings
from planpush.web.metrics import Metrics

log = logging.getLogger("planpush")

SENDERS: dict[str, Callable[[Parcel], Outcome]] = {
    CHANNEL: to_channel,
    PERSON: to_person,
    WEBHOOK: to_hook,
}
_WORDS: dict[type, str] = {Arrived: "sent", Failed: "failed", Dropped: "dropped"}
_THREADS = 32
_GLANCE, _BUSY = 0.5, 0.1  # seconds between two looks for what is due; while much is sent
_BREATH = 0.05  # seconds between two turns when there is much to do: others write, too
_RENEW = 5.0  # seconds between two signs of life for what is still being sent
_GRACE = 8.0  # seconds to finish what is being sent when told to stop
_TROUBLE = 2.0
_UNHEARD = "Its reader may not see it any more, or there is nothing left to tell"
_LONGEST = 150.0  # seconds; what is sent longer than that hangs, and is sent again


class Courier:
    """Claims and sends until told to stop. Any number may run side by side.

    One thread talks to the database about claims; what is sent has a thread of its own each, which
    a receiver that never ends its answer may keep: nothing waits for it.
    """

    def __init__(self, app: Flask, stop: threading.Event) -> None:
        self.app, self.stop = app, stop
        self.name = secrets.token_hex(8)
        self.flying: dict[int, tuple[Claim, float]] = {}  # by delivery, and since when
        self.back: SimpleQueue[tuple[Claim, Outcome | None]] = SimpleQueue()
        self.landed: list[tuple[Claim, Outcome]] = []  # what came of them is not noted yet
        self.renewed = self.claimed = 0.0
        config: Config = app.extensions["planpush_config"]
        self.base_url = config.base_url
        self.metrics: Metrics = app.extensions["planpush_metrics"]

    def run(self) -> None:
        """Work until told to stop, then wait a moment for what is on its way."""
        while not self.stop.is_set():
            self._attempt(self.turn)
            busy = time.monotonic() - self.claimed < 1
            self._gather(_BUSY if busy else _GLANCE)
        ends = time.monotonic() + _GRACE
        while (self.flying or self.landed) and time.monotonic() < ends:
            self._attempt(self.note)
            self._gather(_BREATH)

    def turn(self) -> None:
        """Note what came back, then claim what is due and send it."""
        self.note()
        free = _THREADS - len(self.flying)
        with self.app.app_context():
            g.writes = False
            if free <= 0 or not anything_due():
                return
            _begin()
            claims = claim(self.name, free, list(self.flying))
            commit()
        self.claimed = time.monotonic() if claims else self.claimed
        for one in claims:
            self.flying[one.id] = one, time.monotonic()
            threading.Thread(target=self._run, args=(one,), name="sender", daemon=True).start()

    def note(self) -> None:
        """Note what came of what landed, and that the rest is still being sent."""
        at = time.monotonic()
        for one, since in list(self.flying.values()):
            if at - since > _LONGEST:
                self._land(one, Failed("It takes too long", unsure=True))
        late = self.flying and at - self.renewed > _RENEW
        if not self.landed and not late:
            return
        with self.app.app_context():
            _begin()
            locked = [pair for pair in sorted(self.landed, key=_by_outlet) if not _settled(*pair)]
            if late:
                renew(self.name, [*self.flying, *(one.id for one, _ in locked)])
            commit()
        self.landed = locked
        self.renewed = at if late else self.renewed

    def _attempt(self, action: Callable[[], None]) -> None:
        """Do something; whatever goes wrong, there is a next time."""
        try:
            action()
        except Exception as error:
            if wrong := outage(error):
                log.warning("deliveries wait: %s", SENTENCES[wrong])
            else:
                log.exception("the courier failed")
            self.stop.wait(_TROUBLE)

    def _gather(self, seconds: float) -> None:
        """Wait at most so long for something to come back; take all that did."""
        try:
            self._land(*self.back.get(timeout=seconds))
            time.sleep(_BREATH)
            while True:
                self._land(*self.back.get_nowait())
        except Empty:
            return

    def _land(self, one: Claim, outcome: Outcome | None) -> None:
        if self.flying.get(one.id, (None,))[0] is one:  # else it was given up
            del self.flying[one.id]
            if outcome is not None:
                self.landed.append((one, outcome))

    def _run(self, one: Claim) -> None:
        with about(delivery=one.id):
            self._carry(one)

    def _carry(self, one: Claim) -> None:
        """Send a claim in a thread of its own; None comes back if it is to be claimed again."""
        outcome: Outcome | None = None
        try:
            with self.app.app_context():
                outcome = self._sent(one)
        except Exception as error:
            if wrong := outage(error):
                log.warning("delivery %s waits: %s", one.id, SENTENCES[wrong])
            else:
                log.exception("delivery %s could not be sent", one.id)
                outcome = Failed(f"Our own error: {type(error).__name__}", whole=False, unsure=True)
        finally:
            if outcome is not None:
                self.metrics.tried(one.channel, _WORDS[type(outcome)])
            self.back.put((one, outcome))

    def _sent(self, one: Claim) -> Outcome | None:
        """Read what there is to tell and send it; no transaction is open while it is sent."""
        g.writes = False
        ready = parcel(one.id, self.base_url, unsure=one.unsure)
        settings()  # read before: sending opens no transaction
        mine = holds(one)
        db.session.remove()
        if not mine:
            return None
        if ready is None:
            return Dropped(_UNHEARD)
        try:
            return SENDERS[one.channel](ready)
        except Hidden:
            return Dropped(_UNHEARD)


def _begin() -> None:
    """Begin to write: what was read before is of another transaction."""
    db.session.rollback()
    g.writes = True


def _by_outlet(pair: tuple[Claim, Outcome]) -> str:
    return pair[0].outlet  # all workers lock outlets in one order


def _settled(one: Claim, outcome: Outcome) -> bool:
    """Note what came of a claim; False: not now. What cannot be noted at all is a failure.

    Raises in an outage, a standby's read-only database among them: then it is noted later.
    """
    for told in (outcome, Failed("It cannot be noted", whole=False, unsure=True)):
        try:
            with db.session.begin_nested():
                return settle(one, told)
        except Exception as error:
            if outage(error):
                raise
            log.exception("what came of delivery %s cannot be noted", one.id)
    return True
