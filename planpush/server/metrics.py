"""The Prometheus endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from platform import python_version

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy.exc import SQLAlchemyError

from planpush.database.session import db
from planpush.errors import NotFound
from planpush.operations.statistics import last_stock, overdue, queues, size, waiting_locks
from planpush.web.auth import public
from planpush.web.client_address import may_measure
from planpush.web.metrics import metrics as counted

metrics = Blueprint("metrics", __name__)


@metrics.get("/metrics")
@public
def show() -> Response:
    """Return all metrics; without the token or a local address, the page doesn't exist."""
    if not may_measure():
        raise NotFound
    registry = CollectorRegistry()
    registry.register(counted())
    registry.register(FromDatabase())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class FromDatabase:
    """Metrics that are read at each scrape: without a database, only that it is down."""

    def collect(self) -> Iterator[Metric]:
        """Return the build, whether the database is up, and what it says."""
        build = Gauge(
            "planpush_build_info", "This release.", None, ["version", "python", "database"]
        )
        build.add_metric([version("planpush"), python_version(), db.engine.dialect.name], 1)
        yield build
        try:
            stored = list(_stored())
        except SQLAlchemyError:
            db.session.rollback()
            stored = []
        yield Gauge("planpush_database_up", "Whether the database answers.", bool(stored))
        yield from stored


def _stored() -> Iterator[Metric]:
    text = "Messages that wait or were given up, at most 10,000 of each state."
    deliveries = Gauge("planpush_deliveries", text, labels=["channel", "state"])
    for channel, state, number in queues():
        deliveries.add_metric([channel, state], number)
    yield deliveries
    text = "How long the oldest message has been due."
    yield Gauge("planpush_deliveries_overdue_seconds", text, overdue())
    yield Gauge("planpush_database_size_bytes", "Size of the database.", size())
    text = "Transactions that wait for a lock (PostgreSQL)."
    yield Gauge("planpush_database_waiting_locks", text, waiting_locks())
    found = last_stock()
    if found.at is not None:
        text, at = "Last sign of life of any worker.", found.at.timestamp()
        yield Gauge("planpush_worker_heartbeat_timestamp_seconds", text, at)
        yield _by_state("planpush_plans", active=found.plans, archived=found.archived)
        yield _by_state(
            "planpush_threads", open=found.open_threads, resolved=found.resolved_threads
        )
        yield Gauge("planpush_comments", "Counted by the worker once a minute.", found.comments)


def _by_state(name: str, **numbers: int) -> Metric:
    made = Gauge(name, "Counted by the worker once a minute.", labels=["state"])
    for state, number in numbers.items():
        made.add_metric([state], number)
    return made
