"""The worker: deliveries, retention and membership checks."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import inf

from flask import Flask, g

from planpush.accounts.membership import Claimed, claim_due, confirm, end
from planpush.dashboard.search_index import FEW, forget_words, index_missing, missing, tidy_words
from planpush.database.session import commit, db
from planpush.logs import about
from planpush.operations.clock import mend
from planpush.operations.plan_deletion import purge_some
from planpush.operations.retention import sweep
from planpush.operations.statistics import TAKEN_EVERY, counted, note
from planpush.privacy.erasure import go_on
from planpush.server.dispatcher import Courier
from planpush.setting_specs import Settings
from planpush.settings.store import settings
from planpush.signin.github_client import still_member
from planpush.versions.purge import shrink_log
from planpush.web.metrics import Metrics

log = logging.getLogger("planpush")

SWEEP_EVERY, ASK_EVERY, CLEAR_EVERY, OUTAGE = 600.0, 10.0, 30.0, 60.0  # seconds
_CLOCK_EVERY, _JUMP = 5.0, 60.0
_DOUBT = 3600.0  # seconds in which nothing is dropped after the clock went ahead: it may be wrong
_BATCH, _THREADS = 64, 8
_A_LITTLE, _A_WHILE, _PAUSE = 0.25, 2.0, 0.01  # seconds
_GLANCE = 1.0  # seconds between two looks at the clock and at the parent


def work(app: Flask, *, parent: int = 0) -> None:
    """Work until SIGTERM or SIGINT, or until the process `parent` is gone."""
    app.extensions["planpush_metrics"].share()
    worker = Worker(app, parent)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop.set())
    worker.run()


class Worker:
    """A loop over jobs, each with the time when it is next due. Any number may run side by side."""

    def __init__(self, app: Flask, parent: int = 0) -> None:
        self.app, self.parent = app, parent
        self.stop = threading.Event()
        self.unindexed: list[int] | None = None
        self.ahead = float("inf")  # of the clock that never jumps; at first everything is mended
        jobs = (self.clock, self.beat, self.ask, self.sweep, self.tidy, self.index, self.clear)
        self.due: dict[Callable[[], float], float] = dict.fromkeys(jobs, 0.0)

    def run(self) -> None:
        """Do what is due until told to stop; deliveries wait for none of it."""
        metrics: Metrics = self.app.extensions["planpush_metrics"]
        # First: it listens to the engine, which no thread may use meanwhile.
        metrics.start("worker")
        courier = threading.Thread(target=Courier(self.app, self.stop).run, name="courier")
        courier.start()
        while not self.stopped and courier.is_alive():
            for job, at in self.due.items():
                if time.monotonic() >= at and not self.stop.is_set():
                    self.due[job] = time.monotonic() + self._done(job)
            self.stop.wait(_GLANCE)
        self.stop.set()
        courier.join()
        metrics.stop()

    @property
    def stopped(self) -> bool:
        """Tell whether to stop: it was said, or the server that this works for is gone."""
        return self.stop.is_set() or bool(self.parent and os.getppid() != self.parent)

    def _done(self, job: Callable[[], float]) -> float:
        """Do a job; return the seconds to its next turn. One that fails is logged, and has one."""
        with about(job=job.__name__):
            try:
                with self.app.app_context():
                    return job()
            except Exception:
                log.exception("the job %s failed", job.__name__)
                return OUTAGE

    def beat(self) -> float:
        """Give a sign of life, and note what there is: counted while others may write."""
        g.writes = False
        found = counted()
        db.session.rollback()
        g.writes = True
        note(found)
        commit()
        return TAKEN_EVERY

    def clock(self) -> float:
        """Look whether the clock was set. What it left in the future need not wait for that day."""
        ahead = time.time() - time.monotonic()
        jump, self.ahead = ahead - self.ahead, ahead
        if jump < -_JUMP:
            if mended := mend():
                log.warning("the clock was set back: %s rows are mended", mended)
            commit()
        elif jump > _JUMP:
            log.warning("the clock was set ahead by %.0f seconds: nothing is dropped yet", jump)
            self.due[self.sweep] = self.due[self.clear] = time.monotonic() + _DOUBT
        return _CLOCK_EVERY

    def sweep(self) -> float:
        """Drop what has run out."""
        sweep()
        commit()
        return SWEEP_EVERY

    def clear(self) -> float:
        """Purge plans whose time is over and erase people, in short turns: others write, too."""
        ends = time.monotonic() + _A_LITTLE
        while time.monotonic() < ends and not self.stop.is_set():
            if not sum(_piece(step) for step in (purge_some, go_on)):
                return CLEAR_EVERY
            time.sleep(_PAUSE)
        return 0.0

    def tidy(self) -> float:
        """Merge the index of words, a little at a time: meanwhile nobody else can write."""
        return SWEEP_EVERY if tidy_words(_A_LITTLE) else 0.0

    def index(self) -> float:
        """Index plans of a release that could not search, once; in between, others can write."""
        if self.unindexed is None:
            self.unindexed = missing()
            commit()
            if self.unindexed:
                log.info("indexing %s plans for the search", len(self.unindexed))
        ends = time.monotonic() + _A_WHILE
        while self.unindexed and time.monotonic() < ends and not self.stop.is_set():
            few, self.unindexed = self.unindexed[:FEW], self.unindexed[FEW:]
            index_missing(few)
            commit()
            db.session.remove()
            time.sleep(_PAUSE)
            if not self.unindexed:
                log.info("all plans are indexed")
        return 0.0 if self.unindexed else inf

    def ask(self) -> float:
        """Ask GitHub about a batch of people; no transaction is open meanwhile.

        Only a definite no ends their sessions and tokens. After nothing but silence all wait.
        """
        known = settings()
        claimed = claim_due(_BATCH) if "github" in known.providers else []
        commit()
        db.session.remove()
        answers = self._answers(known, claimed)
        confirm([one.id for one in claimed if answers.get(one.id) is True])
        for one in claimed:
            if answers.get(one.id) is False and end(one):
                log.warning("identity %s is no member any more: signed out everywhere", one.id)
        commit()
        if claimed and all(answers.get(one.id) is None for one in claimed):
            return OUTAGE
        return 0.0 if len(claimed) == _BATCH else ASK_EVERY

    def _answers(self, known: Settings, claimed: list[Claimed]) -> dict[int, bool | None]:
        """Return what GitHub says of each; when it is time to stop, nobody else is asked."""

        def one(person: Claimed) -> tuple[int, bool | None]:
            if self.stop.is_set():
                return person.id, None
            with self.app.app_context():
                g.settings = known  # read before: asking opens no transaction
                return person.id, still_member(person.token, person.login, person.subject)

        with ThreadPoolExecutor(_THREADS) as threads:
            return dict(threads.map(one, claimed))


def _piece(step: Callable[[], bool | None]) -> bool:
    """Do one piece of something, a transaction; False: there was nothing to do.

    After the last one, what was deleted goes from SQLite's files, too.
    """
    found = step()
    commit()
    db.session.remove()
    if found is None:
        forget_words()
        shrink_log()
    return found is not False
