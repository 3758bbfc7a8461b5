"""Adds and removes reviewers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from planpush.accounts.user import User
from planpush.plans.plan import Plan
from planpush.reviews import reviewers
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed, fragment, on_invalid, wants_fragment

reviewer_pages = Blueprint("reviewers", __name__)


@reviewer_pages.get("/p/<slug>/reviewers")
def index(slug: str) -> Response:
    """Answer who was asked, and the form that asks more people."""
    plan = Plan.find(slug, current_user())
    reviewers.only_askers(plan, current_user())
    return fragment("reviewers/index.html", **_told(plan))


@reviewer_pages.post("/p/<slug>/reviewers")
@limited("review", limit=120, seconds=60)
def create(slug: str) -> Response:
    """Ask an active person for a review; an unknown one comes back in the form, 422."""
    plan = Plan.find(slug, current_user(), lock=True)
    reviewers.only_askers(plan, current_user())
    typed = request.form.get("email") or request.form.get("user", "")
    on_invalid(lambda problem: _again(slug, typed, str(problem)))
    asked = User.named(typed)
    reviewers.ask(plan, asked, by=current_user())
    return _changed(plan, f"{asked.name} is asked for a review.", 201)


@reviewer_pages.delete("/p/<slug>/reviewers")
@limited("review", limit=120, seconds=60)
def destroy(slug: str) -> Response:
    """Ask somebody no more: `email` or `user`, in the query or the form."""
    plan = Plan.find(slug, current_user(), lock=True)
    told = request.values.get("email") or request.values.get("user", "")
    gone = reviewers.take_back(plan, told, by=current_user())
    said = f"{gone.name} is not asked any more." if gone else "They were not asked."
    return _changed(plan, said, 200)


def _told(plan: Plan, typed: str = "", error: str = "") -> dict[str, Any]:
    return {"plan": plan, "user": current_user(), "typed": typed, "error": error}


def _changed(plan: Plan, said: str, status: int) -> Response:
    page = f"/p/{plan.slug}/reviewers"
    return changed("reviewers/create.htmx.html", page=page, status=status, said=said, **_told(plan))


def _again(slug: str, typed: str, error: str) -> Response:
    told = _told(Plan.find(slug, current_user()), typed, error)
    page = "reviewers/new.htmx.html" if wants_fragment() else "reviewers/index.html"
    return fragment(page, status=422, **told)
