"""Publishes a plan or makes it private."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.comments.version_view import Reading
from planpush.pages.plans.plans import page
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed

publications = Blueprint("publications", __name__)


@publications.post("/p/<slug>/publication")
@limited("comment", limit=300, seconds=60)
def create(slug: str) -> Response:
    """Let every signed-in person see the plan."""
    plan = Plan.find(slug, current_user(), lock=True)
    plan.publish(by=current_user())
    return _changed(plan, "Published: everybody who is signed in can see this plan.", 201)


@publications.delete("/p/<slug>/publication")
@limited("comment", limit=300, seconds=60)
def destroy(slug: str) -> Response:
    """Take the plan back to its owner, editors and reviewers."""
    plan = Plan.find(slug, current_user(), lock=True)
    plan.unpublish(by=current_user())
    return _changed(plan, "Private again: only you and those you asked can see this plan.", 200)


def _changed(plan: Plan, said: str, status: int) -> Response:
    context = page(Reading(plan))
    return changed(
        "publications/create.htmx.html", page=f"/p/{plan.slug}", status=status, said=said, **context
    )
