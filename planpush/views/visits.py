"""Visits: somebody says that they have seen what their page of a plan shows."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.content.problem import Finding, Malformed
from planpush.models.plan import Plan
from planpush.models.reading import Reading
from planpush.models.since import seen_until
from planpush.views.plans import page
from planpush.web.auth import current_user
from planpush.web.limits import limited
from planpush.web.panel import all_seen
from planpush.web.respond import changed, number
from planpush.web.since import see

visits = Blueprint("visits", __name__)


@visits.post("/p/<slug>/visit")
@limited("visit", limit=300, seconds=60)
def create(slug: str) -> Response:
    """Let a `version` count as seen, and of the threads what had happened `until` an event."""
    plan = Plan.find(slug, current_user())
    reading = Reading(plan, _version())
    see(reading, seen_until(reading, number("until", source=request.form)))
    all_seen()
    address = f"/p/{slug}" + ("" if reading.is_newest else f"?v={reading.version.number}")
    return changed("visits/create.htmx.html", page=address, saw=True, **page(reading))


def _version() -> int:
    told = number("version", source=request.form)
    if told is None:
        message = "version says which version was seen"
        raise Malformed(message, [Finding("malformed", message, field="version")])
    return told
