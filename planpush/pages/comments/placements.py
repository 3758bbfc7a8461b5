"""Confirms, rejects or moves the place of a thread."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.comments.version_view import Reading
from planpush.pages.comments.panel import asked_filter, remember
from planpush.pages.comments.threads import place_from
from planpush.pages.plans.plans import page
from planpush.plans.plan import Plan
from planpush.versions.placement_decisions import decide
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import (
    changed,
    claim,
    fragment,
    number,
    on_invalid,
    shown_version,
    wants_fragment,
)

placements = Blueprint("placements", __name__)
SAID = {
    "confirm": "Place confirmed.",
    "not_here": "Noted: it is not there.",
    "reattach": "Re-attached.",
}


@placements.post("/p/<slug>/threads/<id:thread_id>/placement")
@limited("comment", limit=300, seconds=60)
def create(slug: str, thread_id: int) -> Response:
    """Decide where a thread sits. What cannot be comes back with the card, 422."""
    user, form = current_user(), request.form
    plan = Plan.find(slug, user, lock=True)
    on, decision = number("v", source=form) or plan.newest, form.get("decision", "")
    on_invalid(lambda problem: _again(slug, thread_id, problem.status, str(problem)), 422, 409)
    place, seen = place_from(form), form.get("seen", "")
    left = claim(user).first and decide(plan, thread_id, decision, place, on=on, by=user, seen=seen)
    reading = Reading(plan, shown_version())
    remember(asked_filter().keeping(thread_id))
    return changed(
        "placements/create.htmx.html",
        page=_address(plan, thread_id, on),
        card=reading.card(thread_id),
        regrouped=left,
        said=SAID.get(decision, ""),
        **page(reading),
    )


def _again(slug: str, thread_id: int, status: int, error: str) -> Response:
    plan = Plan.find(slug, current_user())
    reading = Reading(plan, shown_version())
    context = page(reading) | {"misplaced": (thread_id, error), "active": thread_id}
    template = "threads/show.htmx.html" if wants_fragment() else "plans/show.html"
    return fragment(template, status=status, card=reading.card(thread_id), **context)


def _address(plan: Plan, thread_id: int, on: int) -> str:
    version = "" if on == plan.newest else f"v={on}&"
    return f"/p/{plan.slug}?{version}thread={thread_id}#t{thread_id}"
