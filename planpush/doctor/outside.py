"""Checks the worker and the channels."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, g

from planpush import create_app
from planpush.config import Config
from planpush.database.session import db, now
from planpush.doctor.line import Line, fail, ok, warn
from planpush.operations.statistics import last_stock, overdue
from planpush.pages.admin.integration_checks import check
from planpush.pages.admin.integrations import missing_of
from planpush.setting_specs import SPECS

_SILENT = 180.0  # seconds without a sign of life of the worker
_LATE = 300.0  # seconds that a delivery may be due
_AHEAD = 60.0  # seconds
_NAMES = ("github", "okta", "slack")


def opened(config: Config, *, stored: bool) -> Flask:
    """Return an app to look with; without `stored` settings those of the environment are all."""
    app = create_app(config)
    if not stored:
        app.extensions["planpush_doctor"] = config.settings({})
    return app


def closed(app: Flask) -> None:
    """Let go of its connections."""
    with app.app_context():
        db.engine.dispose()


def integrations(app: Flask, config: Config) -> Iterator[Line]:
    """Ask each system that is set up."""
    for name in _NAMES:
        with app.test_request_context(base_url=config.base_url):
            g.writes = False
            if "planpush_doctor" in app.extensions:
                g.settings = app.extensions["planpush_doctor"]
            yield _asked(name)
            db.session.remove()


def _asked(name: str) -> Line:
    missing = missing_of(name)
    group = [one for one in SPECS.values() if one.group == name and not one.default]
    begun = any(getattr(g.settings, one.name) for one in group)
    if missing and not begun:
        return ok(name, "not set up")
    found = check(name)
    if found.ok:
        return ok(name, found.detail)
    return fail(name, found.detail, "Set it under Admin, Integrations, or in the environment.")


def worker(app: Flask, config: Config) -> Iterator[Line]:
    """Look for the worker's last sign of life, and for what waits for it."""
    with app.app_context():
        g.writes = False
        stock, late = last_stock(), overdue()
        db.session.remove()
    age, fix = stock.age, "`planpush serve` runs one inside."
    if not config.worker:
        fix = "WORKER=off: run `planpush worker` as a service of its own."
    if stock.at is not None and (stock.at - now()).total_seconds() > _AHEAD:
        yield warn("clock", f"the worker's last sign of life is of {stock.at:%Y-%m-%d %H:%M} UTC, "
                   "which is to come", "Set the clocks of all machines by NTP.")  # fmt: skip
    elif age is None or age > _SILENT:
        last = "never" if stock.at is None else f"last on {stock.at:%Y-%m-%d at %H:%M} UTC"
        yield warn("worker", f"none is at work ({last})", fix)
    else:
        yield ok("worker", f"gave a sign of life {age:.0f} s ago")
    if late > _LATE:
        yield fail("deliveries", f"the oldest has been due for {late / 60:.0f} minutes", fix)
