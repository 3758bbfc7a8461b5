"""PostgreSQL: connection timeouts and detection of lost connections.

A server that is stopped, or behind a cable that was pulled, says nothing: without limits a thread
waits for it for hours.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    import psycopg

OPTIONS = {
    # As many connections as threads that use one: whoever has a thread never waits for the pool.
    "pool_size": 10,
    "max_overflow": -1,
    # A connection that the server or a pooler dropped meanwhile is replaced before it is used.
    "pool_pre_ping": True,
    "connect_args": {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,  # milliseconds that what was sent may stay unconfirmed
    },
}
LONGEST = 20
"""Seconds that a statement of a request may take; the database ends it then."""
_SILENT = LONGEST + 5.0  # seconds after which a database that did not even do that is given up


def hurry(engine: Engine) -> None:
    """Let no statement of this process take longer than people wait: for those that serve."""
    if engine.dialect.name == "postgresql":
        event.listen(engine, "do_connect", _open)
        event.listen(engine, "connect", _limit)


def _open(_dialect: object, _record: object, args: list[Any], options: dict[str, Any]) -> Any:
    return _impatient().connect(*args, **options)


def _limit(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{LONGEST}s'")
    connection.commit()


@cache
def _impatient() -> type[psycopg.Connection[Any]]:
    """Return the kind of connection that is closed when the server does not answer at all."""
    import psycopg  # not there where only SQLite is used

    class Impatient(psycopg.Connection[Any]):
        def wait(
            self, gen: Generator[Any, Any, Any], interval: float = 0.1, timeout: float | None = None
        ) -> Any:
            if timeout is not None:
                return super().wait(gen, interval, timeout)
            try:
                return super().wait(gen, interval, _SILENT)
            except psycopg.errors._WaitTimeout:
                self.pgconn.finish()
                raise psycopg.OperationalError("the database does not answer") from None

    return Impatient
