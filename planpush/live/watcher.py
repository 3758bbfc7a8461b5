"""Notices what any process committed.

On SQLite it looks whether the file changed, ten times a second, which costs microseconds; on
PostgreSQL it listens.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from flask import Flask, g

from planpush.database.session import db
from planpush.events.event import Event
from planpush.live.subscriptions import (
    CHANNEL,
    FAR,
    Happening,
    with_crowds,
    with_notices,
    with_subjects,
)
from planpush.logs import kind_of

if TYPE_CHECKING:
    from planpush.live.hub import Hub

log = logging.getLogger("planpush")

_GLANCE = 0.1  # seconds between two looks at a file
_LISTEN = 0.5  # seconds that a listener waits at most before it looks whether to stop
_OUTAGE = 2.0
_SELECT = "SELECT id, kind, plan_id, actor_id, target FROM events WHERE"


class Source(Protocol):
    """Where news comes from."""

    def wait(self) -> list[Happening]:
        """Return what was committed since the last call, after a moment at most."""

    def close(self) -> None:
        """Let the connection go."""


class Watcher(threading.Thread):
    """Watches for its hub until told to stop; an outage of the database ends nothing."""

    def __init__(self, app: Flask, hub: Hub) -> None:
        super().__init__(name="watcher", daemon=True)
        self.app, self.hub = app, hub
        self.stop = threading.Event()
        self.trouble = ""  # that the log has told of

    def run(self) -> None:
        """Watch, and watch again after trouble."""
        with self.app.app_context():
            g.writes = False  # it only reads, and must not wait for who writes
            while not self.stop.is_set():
                try:
                    self._watch()
                except Exception as error:
                    if self.trouble != kind_of(error):
                        log.exception("live streams: the database cannot be watched, trying again")
                    self.trouble = kind_of(error)
                    db.session.rollback()
                    self.stop.wait(_OUTAGE)

    def _watch(self) -> None:
        source = source_of(self.app)
        try:
            self._say(self.hub.lost)  # what happened while nobody watched
            while not self.stop.is_set():
                found = source.wait()
                self.trouble = ""
                if len(found) > FAR:
                    self._say(self.hub.lost)
                elif found:
                    told = with_notices(with_crowds(with_subjects(found)))
                    self._say(self.hub.told, told)
                    db.session.rollback()
        finally:
            source.close()

    def _say(self, what: Callable[..., None], *told: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: the server has stopped
            self.hub.loop.call_soon_threadsafe(what, *told)


def source_of(app: Flask) -> Source:
    """Return what tells of commits on this database."""
    return Listener() if db.engine.dialect.name == "postgresql" else File(app)


def newest() -> int:
    """Return the id of the newest event."""
    found = Event.newest_of_all()
    db.session.rollback()
    return found


class File:
    """SQLite: a counter in the file's header changes with every commit of another connection."""

    def __init__(self, app: Flask) -> None:
        self.app, self.seen, self.version = app, newest(), -1
        self.connection = db.engine.raw_connection()
        self.cursor = self.connection.cursor()

    def wait(self) -> list[Happening]:
        """Look after a moment; no transaction is open meanwhile."""
        time.sleep(_GLANCE)
        (version,) = self.cursor.execute("PRAGMA data_version").fetchone()
        if version == self.version:
            return []
        self.version = version
        query = f"{_SELECT} id > ? ORDER BY id"
        found = happenings(self.cursor.execute(query, (self.seen,)).fetchall())
        self.seen = found[-1].id if found else self.seen
        return found

    def close(self) -> None:
        """Let the connection go."""
        self.connection.close()


class Listener:
    """PostgreSQL: each event's id comes as a notification, in the order of the commits."""

    def __init__(self) -> None:
        import psycopg

        address = db.engine.url.set(drivername="postgresql")
        self.connection = psycopg.connect(
            address.render_as_string(hide_password=False),
            autocommit=True,
            connect_timeout=10,
            keepalives_idle=30,  # a server that vanished says nothing: else this waits for hours
            keepalives_interval=10,
            keepalives_count=3,
        )
        self.connection.execute(f"LISTEN {CHANNEL}")

    def wait(self) -> list[Happening]:
        """Wait for notifications, then read what they name."""
        heard = list(self.connection.notifies(timeout=_LISTEN, stop_after=1))
        ids = [int(one.payload) for one in heard if one.payload.isdecimal()]
        if not ids:
            return []
        query = f"{_SELECT} id = ANY(%s) ORDER BY id"
        return happenings(self.connection.execute(query, (ids,)).fetchall())

    def close(self) -> None:
        """Let the connection go."""
        self.connection.close()


def happenings(rows: Iterable[tuple[Any, ...]]) -> list[Happening]:
    """Return rows of events as what the streams need to know of them."""
    return [Happening(row[0], row[1], row[2] or 0, row[3] or 0, row[4]) for row in rows]
