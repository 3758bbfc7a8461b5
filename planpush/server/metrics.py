"""The Prometheus endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from planpush.database.session import db
from planpush.errors import NotFound
from planpush.operations.statistics import Stock, last_stock, overdue, queues, size, waiting_locks
from planpush.web.auth import public
from planpush.web.client_address import may_measure
from planpush.web.metrics import MIMETYPE, PYTHON, head, line
from planpush.web.metrics import metrics as counted

Value = tuple[tuple[tuple[str, str], ...], float]


def figures() -> Iterator[str]:
    """Return their lines; without a database those that need none, and that it is gone."""
    build = (("version", version("planpush")), ("python", PYTHON), ("database", _engine()))
    yield from _gauge("planpush_build_info", "This release.", (build, 1))
    try:
        found = list(_stored())
    except SQLAlchemyError:
        db.session.rollback()
        found = []
    yield from _gauge("planpush_database_up", "Whether the database answers.", ((), bool(found)))
    yield from found


def _engine() -> str:
    return db.engine.dialect.name


def _stored() -> Iterator[str]:
    counted = [((("channel", one), ("state", state)), n) for one, state, n in queues()]
    yield from _gauge("planpush_deliveries", "Messages that wait, and that never arrived: "
                      "at most 10,000 of a state are counted.", *counted)  # fmt: skip
    yield from _gauge("planpush_deliveries_overdue_seconds",
                      "How long the oldest message has been due.", ((), overdue()))  # fmt: skip
    yield from _gauge("planpush_database_size_bytes", "What the database takes.", ((), size()))
    yield from _gauge("planpush_database_waiting_locks",
                      "Transactions that wait for a lock (PostgreSQL).",
                      ((), waiting_locks()))  # fmt: skip
    yield from _counted(last_stock())


def _counted(stock: Stock) -> Iterator[str]:
    if stock.at is None:
        return
    yield from _gauge("planpush_worker_heartbeat_timestamp_seconds",
                      "When a worker gave its last sign of life.",
                      ((), stock.at.timestamp()))  # fmt: skip
    plans = ((("state", "active"),), stock.plans), ((("state", "archived"),), stock.archived)
    yield from _gauge("planpush_plans", "Plans, counted once a minute.", *plans)
    threads = (
        ((("state", "open"),), stock.open_threads),
        ((("state", "resolved"),), stock.resolved_threads),
    )
    yield from _gauge("planpush_threads", "Threads, counted once a minute.", *threads)
    yield from _gauge("planpush_comments", "Comments, counted once a minute.",
                      ((), stock.comments))  # fmt: skip


def _gauge(name: str, told: str, *values: Value) -> Iterator[str]:
    yield head(name, "gauge", told)
    for labels, value in values:
        yield line(name, labels, value)


metrics = Blueprint("metrics", __name__)


@metrics.get("/metrics")
@public
def show() -> Response:
    """Answer with all that is measured; to anybody else there is no such page."""
    if not may_measure():
        raise NotFound
    lines = [*counted().lines(), *figures(), ""]
    return Response("\n".join(lines), content_type=MIMETYPE)
