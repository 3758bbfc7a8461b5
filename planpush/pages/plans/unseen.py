"""What is new to the person on this request."""

from __future__ import annotations

from datetime import datetime

from flask import Flask, request

from planpush.comments.version_view import Reading
from planpush.pages.account.unread import bell, tell_seen
from planpush.plans.plan import Plan
from planpush.plans.visits import Seen, Visit
from planpush.versions.unseen import Since
from planpush.web.auth import current_user

_KEPT = "planpush.since"  # where this request keeps it


def init_since(app: Flask) -> None:
    """Let templates say what is new."""
    app.jinja_env.globals.update(since_of=since_of, is_new=is_new)


def since_of(reading: Reading) -> Since:
    """Return what is new on a reading; nothing is to who opens the plan for the first time."""
    kept: Since | None = request.environ.get(_KEPT)
    if kept is None or kept.reading is not reading:
        plan = reading.plan
        seen = seen_of(plan) or Seen(current_user().id, reading.version.number, plan.active_at)
        kept = request.environ[_KEPT] = Since(reading, seen)
    return kept


def seen_of(plan: Plan) -> Seen | None:
    """Return what they saw last of a plan; None: they open it for the first time."""
    return bell(current_user(), plan).seen


def is_new(plan: Plan, at: datetime | None, by: int | None) -> bool:
    """Tell whether they have not seen yet what `by` did."""
    seen = seen_of(plan)
    return seen is not None and seen.misses(at, by)


def see(reading: Reading, at: datetime) -> None:
    """Note that they have seen the version of a reading, and what had happened until `at`."""
    seen = Seen(current_user().id, reading.version.number, at)
    Visit.see(reading.plan.id, seen)
    before = seen_of(reading.plan)
    tell_seen(before.onward(seen) if before else seen)
    request.environ.pop(_KEPT, None)
