"""The event streams of a plan and of the dashboard."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.live.streams import stream
from planpush.plans.plan import Plan
from planpush.web.auth import current_user, quiet

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
