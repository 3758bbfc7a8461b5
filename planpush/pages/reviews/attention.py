"""Marks one's turn as done."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.comments.version_view import Reading
from planpush.pages.dashboard.dashboard import asked_at, page_at
from planpush.pages.reviews.reviews import region
from planpush.plans.plan import Plan
from planpush.reviews.attention import Turn
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed, shown_version

turns = Blueprint("turns", __name__)


@turns.delete("/p/<slug>/turn")
@limited("comment", limit=300, seconds=60)
def destroy(slug: str) -> Response:
    """Drop one's turns on a plan: in its bar, or (`from=dashboard`) in the list that is `at`."""
    plan = Plan.find(slug, current_user())
    Turn.drop(current_user(), plan.id)
    if request.values.get("from") == "dashboard":
        at = asked_at()
        return changed("turns/dropped.htmx.html", page=at, at=at, done=plan, **page_at(at))
    told = region(Reading(plan, shown_version()))
    said = "Done: it is not your turn any more."
    return changed("sign_offs/create.htmx.html", page=f"/p/{slug}", said=said, **told)
