"""Every measure that processes keep: its name, its labels, and all values that they may have."""

from __future__ import annotations

from itertools import product

from flask import Flask

from planpush.web.access import METHODS, UNKNOWN, route_of
from planpush.web.meter import COUNTER, GAUGE, HISTOGRAM, Family, Labels

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SHORT = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
BYTES = (4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0)
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
KINDS = ("web", "worker")
_AUTOMATIC = {"HEAD", "OPTIONS"}
RESULTS = ("created", "unchanged", "refused", "failed")
PLACES = ("exact", "moved", "edited", "outdated", "orphaned")
CHANNELS = ("channel", "person", "webhook")
OUTCOMES = ("sent", "failed", "dropped")


def routes(app: Flask) -> list[Labels]:
    """Return every route with each of its methods, and one for whatever has no route."""
    found = {
        (route_of(rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - _AUTOMATIC
    }
    return [*sorted(found), *((UNKNOWN, one) for one in (*METHODS, "OTHER"))]


def families(app: Flask) -> list[Family]:
    """Return them all."""
    there = routes(app)
    answered = [(*one, status) for one in there for status in CLASSES]
    return [
        Family("planpush_http_requests_total", COUNTER, "Requests answered.",
               ("route", "method", "status"), answered),
        Family("planpush_http_request_duration_seconds", HISTOGRAM,
               "From when a request was here, as a whole, to when its answer was made.",
               ("route", "method"), there, SECONDS),
        Family("planpush_pushes_total", COUNTER, "Pushes by what became of them.",
               ("result",), [(one,) for one in RESULTS]),
        Family("planpush_push_duration_seconds", HISTOGRAM, "What a push took, without the commit.",
               (), ((),), SECONDS),
        Family("planpush_push_bytes", HISTOGRAM, "What a push brought.", (), ((),), BYTES),
        Family("planpush_placements_total", COUNTER,
               "Threads that a push found on its version again, by how sure that is.",
               ("state",), [(one,) for one in PLACES]),
        Family("planpush_delivery_attempts_total", COUNTER, "Messages tried, by what came of it.",
               ("channel", "outcome"), list(product(CHANNELS, OUTCOMES))),
        *_inside(),
    ]  # fmt: skip


def _inside() -> list[Family]:
    """Return what processes say of themselves."""
    kinds = [(one,) for one in KINDS]
    return [
        Family("planpush_database_transaction_seconds", HISTOGRAM,
               "What a transaction took, from its begin until its connection was given back.",
               ("mode",), [("read",), ("write",)], SHORT),
        Family("planpush_database_write_wait_seconds", HISTOGRAM,
               "What a transaction that writes waited for its turn (SQLite).", (), ((),), SHORT),
        Family("planpush_database_connections_in_use", GAUGE, "Connections that are in use.",
               ("kind",), kinds),
        Family("planpush_live_streams_open", GAUGE, "Pages that follow what happens."),
        Family("planpush_requests_waiting", GAUGE, "Requests that wait for a thread."),
        Family("planpush_processes", GAUGE, "Processes that are there.", ("kind",), kinds),
        Family("planpush_process_resident_bytes", GAUGE, "Memory of all processes.",
               ("kind",), kinds),
        Family("planpush_process_cpu_seconds_total", COUNTER, "Processor time of all processes.",
               ("kind",), kinds),
        Family("planpush_process_open_files", GAUGE, "Files and connections that are open.",
               ("kind",), kinds),
    ]  # fmt: skip
