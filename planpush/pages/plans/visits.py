"""Records what a person has seen."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.comments.version_view import Reading
from planpush.errors import Finding, Malformed
from planpush.pages.comments.panel import all_seen
from planpush.pages.plans.plans import page
from planpush.pages.plans.unseen import see
from planpush.plans.plan import Plan
from planpush.versions.unseen import seen_until
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed, number

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
