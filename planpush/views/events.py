"""Events: the live streams, names only: of one plan, and of all that somebody may see."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.models.plan import Plan
from planpush.web.auth import current_user, quiet
from planpush.web.streams import stream

events = Blueprint("events", __name__)


@events.get("/events")
@quiet
def index() -> Response:
    """Tell an open page that is no plan's that something happened: `plans`, `notices`."""
    return stream()


@events.get("/p/<slug>/events")
@quiet
def show(slug: str) -> Response:
    """Tell an open plan that something happened to it: `threads`, `version` …, and `notices`."""
    return stream(Plan.find(slug, current_user()))
