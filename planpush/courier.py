"""The courier: claims deliveries and sends them, many at once; nobody's request waits for it."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from flask import Flask, g
from sqlalchemy.exc import OperationalError

from planpush.config import Config
from planpush.db import commit, db
from planpush.integrations.slack import to_channel
from planpush.models.claim import (
    Claim,
    Dropped,
    Failed,
    Outcome,
    anything_due,
    claim,
    renew,
    settle,
)  # fmt: skip
from planpush.models.delivery import CHANNEL
from planpush.models.setting import settings
from planpush.models.telling import Parcel, parcel

log = logging.getLogger("planpush")

SENDERS: dict[str, Callable[[Parcel], Outcome]] = {CHANNEL: to_channel}
_THREADS = 16
_GLANCE = 0.5  # seconds between two looks for what is due
_RENEW = 5.0  # seconds between two signs of life for what is still being sent
_GRACE = 8.0  # seconds to finish what is being sent when told to stop
_TROUBLE = 5.0
_PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds between attempts to note what came of a delivery


class Courier:
    """Claims and sends until told to stop. Any number may run side by side."""

    def __init__(self, app: Flask, stop: threading.Event) -> None:
        self.app, self.stop = app, stop
        self.name = secrets.token_hex(8)
        self.flying: dict[Future[None], Claim] = {}
        config: Config = app.extensions["planpush_config"]
        self.base_url = config.base_url

    def run(self) -> None:
        """Work until told to stop, then wait a moment for what is on its way."""
        renewed = time.monotonic()
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="courier") as threads:
            while not self.stop.wait(_GLANCE):
                self._land()
                try:
                    with self.app.app_context():
                        self.turn(threads)
                        if time.monotonic() - renewed > _RENEW and self.flying:
                            renewed = time.monotonic()
                            renew(self.name, [one.id for one in self.flying.values()])
                            db.session.commit()
                except Exception:
                    log.exception("the courier failed")
                    self.stop.wait(_TROUBLE)
            self._finish(threads)

    def turn(self, threads: ThreadPoolExecutor) -> None:
        """Claim what is due and send each in a thread."""
        free = _THREADS - len(self.flying)
        g.writes = False
        if free <= 0 or not anything_due():
            return
        db.session.rollback()
        g.writes = True
        claims = claim(self.name, free)
        commit()
        for one in claims:
            self.flying[threads.submit(self._carry, one)] = one

    def _land(self) -> None:
        for done in [future for future in self.flying if future.done()]:
            del self.flying[done]

    def _finish(self, threads: ThreadPoolExecutor) -> None:
        ends = time.monotonic() + _GRACE
        while self.flying and time.monotonic() < ends:
            time.sleep(0.05)
            self._land()
        threads.shutdown(wait=False, cancel_futures=True)

    def _carry(self, one: Claim) -> None:
        """Send a claim and note what came of it; no transaction is open while it is sent."""
        with self.app.app_context():
            outcome = self._send(one)
        for wait in _PATIENCE:
            try:
                with self.app.app_context():
                    settle(one, outcome)
                    commit()
                return
            except OperationalError:  # what arrived and is not noted is sent once more
                log.warning("what came of delivery %s cannot be noted yet", one.id)
                time.sleep(wait)

    def _send(self, one: Claim) -> Outcome:
        g.writes = False
        try:
            return self._sent(one)
        except Exception as error:
            log.exception("delivery %s could not be sent", one.id)
            return Failed(f"Our own error: {type(error).__name__}", whole=False, unsure=True)

    def _sent(self, one: Claim) -> Outcome:
        ready = parcel(one.id, self.base_url, unsure=one.unsure)
        settings()  # read before: sending opens no transaction
        db.session.remove()
        if ready is None:
            return Dropped("Its reader may not see it any more, or there is nothing left to tell")
        return SENDERS[one.channel](ready)
