"""Events: the live stream of one plan, names only."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.models.plan import Plan
from planpush.web.auth import current_user, quiet
from planpush.web.respond import number
from planpush.web.streams import stream

events = Blueprint("events", __name__)


@events.get("/p/<slug>/events")
@quiet
def show(slug: str) -> Response:
    """Tell an open page that something happened: `threads`, `version`, `presence`."""
    return stream(Plan.find(slug, current_user()), number("since") or 0)
