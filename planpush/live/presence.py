"""Tells other processes who has which plan open.

A thread of its own, since writing may have to wait, and news must not.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from flask import Flask, g

from planpush.database.session import commit, db
from planpush.plans.presence import Viewer

if TYPE_CHECKING:
    from planpush.live.hub import Hub

log = logging.getLogger("planpush")

_GLANCE = 0.5  # seconds until it is written down that somebody came or went here
_ELSEWHERE = 3.0  # and until it is seen who did in another process
_OUTAGE = 5.0


class Readers(threading.Thread):
    """Keeps the table of viewers true for this process until told to stop."""

    def __init__(self, app: Flask, hub: Hub) -> None:
        super().__init__(name="readers", daemon=True)
        self.app, self.hub = app, hub
        self.stop = threading.Event()
        self.process = secrets.token_hex(8)
        self._written: set[tuple[int, int]] = set()
        self._known: dict[int, frozenset[int]] = {}
        self._look_at = self._sign_at = 0.0

    def run(self) -> None:
        """Write and look now and then; whoever cannot say goodbye is forgotten after a while."""
        with self.app.app_context():
            while not self.stop.wait(_GLANCE):
                try:
                    self._turn()
                except Exception:
                    log.exception("who reads what cannot be told, trying again")
                    db.session.rollback()
                    self.stop.wait(_OUTAGE)
            with suppress(Exception):
                self._write(set())

    def _turn(self) -> None:
        moved, self.hub.moved = self.hub.moved, False
        now = time.monotonic()
        if moved or now >= self._sign_at:
            self._sign_at = now + Viewer.SIGN_EVERY
            self._write(self.hub.readers())
        if moved or now >= self._look_at:
            self._look_at = now + _ELSEWHERE
            self._look()

    def _write(self, here: set[tuple[int, int]]) -> None:
        if here or self._written:
            g.writes = True
            Viewer.tell(self.process, here, self._written)
            commit()
            self._written = here

    def _look(self) -> None:
        followed = [plan_id for plan_id in list(self.hub.followers) if plan_id]
        g.writes = False
        found = Viewer.by_plan(followed) if followed else {}
        db.session.rollback()
        changed = {one for one in followed if found.get(one) != self._known.get(one)}
        self._known = found
        if changed:
            with suppress(RuntimeError):  # the loop is closed: the server has stopped
                self.hub.loop.call_soon_threadsafe(self.hub.came_and_went, changed)
