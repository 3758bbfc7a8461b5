"""Restores an earlier version."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.comments.version_view import Reading
from planpush.errors import Problem
from planpush.pages.plans.plans import page
from planpush.plans.plan import Plan
from planpush.versions.restore import Restoration, restore
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed, fragment, on_invalid, wants_fragment
from planpush.web.responses import number as number_of

version_restorations = Blueprint("version_restorations", __name__)


@version_restorations.get("/p/<slug>/versions/<id:number>/restoration")
def new(slug: str, number: int) -> Response:
    """Answer what a restoration would change, and the form that asks once more."""
    return _asked(slug, number)


@version_restorations.post("/p/<slug>/versions/<id:number>/restoration")
@limited("restore", limit=60, seconds=60)
def create(slug: str, number: int) -> Response:
    """Push what a version said as the newest; `newest` is the one that was read before that.

    If the newest says the same, nothing is pushed, and that is said.
    """
    plan = Plan.find(slug, current_user(), lock=True)
    if not wants_fragment():
        on_invalid(lambda problem: _asked(slug, number, problem), 409)
    read = number_of("newest", source=request.form)
    done = restore(plan, number, by=current_user(), read=read)
    if not done.created:
        at = f"/p/{slug}/versions/{number}/restoration"
        said = f"Version {number} says the same as the newest: nothing was pushed."
    else:
        at, said = f"/p/{slug}", f"Version {done.version.number} says what version {number} said."
    status = 201 if done.created else 200
    shown = page(Reading(plan))
    return changed("versions/create.htmx.html", page=at, status=status, said=said, **shown)


def _asked(slug: str, number: int, problem: Problem | None = None) -> Response:
    plan, user = Plan.find(slug, current_user()), current_user()
    return fragment(
        "versions/new.html",
        status=problem.status if problem else 200,
        plan=plan,
        user=user,
        restoration=Restoration.of(plan, number, by=user),
        error=str(problem or ""),
    )
