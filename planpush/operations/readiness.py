"""Whether this process can serve requests."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, g
from sqlalchemy import text

from planpush.database.outages import BROKEN, FULL, GONE, READ_ONLY, SENTENCES, Outages, outage
from planpush.database.session import db
from planpush.logs import kind_of
from planpush.operations.migrations import is_current

log = logging.getLogger("planpush")

PATIENCE = 2.0
"""Seconds that the database has to answer."""
_FRESH = 1.0  # seconds that nothing wrong is told again, however often it is asked
_FELT = 10.0  # seconds that a write which failed is a reason not to send more
_LEAST = 1024 * 1024  # bytes of disk without which nothing of any size can be saved


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason not to be ready: a word for programs, a sentence for people."""

    code: str
    message: str


def finding(code: str) -> Finding:
    """Return the finding that an outage is."""
    return Finding(code, SENTENCES[code])


SILENT = Finding("silent", "The database does not answer.")
UNMIGRATED = Finding("unmigrated", "The database is not migrated: run planpush migrate.")


class Readiness:
    """What one app finds. A thread of its own looks, so that nobody hangs with the database."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.lock = threading.Lock()
        self.found, self.began = list[Finding](), float("-inf")
        self.done = threading.Event()
        self.done.set()

    def findings(self) -> list[Finding]:
        """Return what is wrong with the database; nothing: it can be read and written."""
        with self.lock:
            old = bool(self.found) or time.monotonic() - self.began > _FRESH
            if self.done.is_set() and old:
                self.done, self.began = threading.Event(), time.monotonic()
                threading.Thread(target=self._look, args=(self.done,), daemon=True).start()
            done, left = self.done, self.began + PATIENCE - time.monotonic()
        return list(self.found) if done.wait(max(0.0, left)) else [SILENT]

    def _look(self, done: threading.Event) -> None:
        try:
            with self.app.app_context():
                g.writes = False
                self.found = list(self._findings(self.app.extensions["planpush_outages"]))
        except Exception as error:
            log.warning("not ready: %s", kind_of(getattr(error, "orig", None) or error))
            self.found = [finding(outage(error) or GONE)]
        finally:
            done.set()

    def _findings(self, outages: Outages) -> Iterator[Finding]:
        if not is_current():  # asked each time: a newer release may drop what this one needs
            yield UNMIGRATED
        wrong = {kind for kind in (FULL, READ_ONLY, BROKEN) if outages.seen(kind, _FELT)}
        if db.engine.dialect.name == "sqlite":
            db.session.execute(text("SELECT 1"))
            wrong |= set(_of_disk(Path(db.engine.url.database or "")))
        elif db.session.scalar(text("SELECT current_setting('transaction_read_only')")) == "on":
            wrong.add(READ_ONLY)
        if wrong > {BROKEN}:  # its errors are what that looks like from within
            wrong.discard(BROKEN)
        yield from (finding(kind) for kind in (READ_ONLY, FULL, BROKEN) if kind in wrong)


def _of_disk(path: Path) -> Iterator[str]:
    """Look whether the disk takes anything: a transaction shows that it does not at its end only.

    What is reserved has no name and is gone at once. A file system that went read-only after an
    error may say nowhere else that it did.
    """
    if not os.access(path, os.W_OK):
        yield READ_ONLY
        return
    try:
        probe = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o600)
        try:
            os.posix_fallocate(probe, 0, _LEAST)
        finally:
            os.close(probe)
    except OSError as error:  # or it knows no such files: then a write that fails is what tells
        if found := outage(error):
            yield found
