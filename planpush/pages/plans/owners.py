"""Transfers a plan to another owner."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.accounts.user import User
from planpush.comments.version_view import Reading
from planpush.pages.plans.plans import page
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed, fragment, on_invalid

owners = Blueprint("owners", __name__)


@owners.get("/p/<slug>/owner")
def new(slug: str) -> Response:
    """Answer the form that hands a plan over."""
    plan = Plan.find(slug, current_user())
    plan.only_managers(current_user())
    return _form(plan)


@owners.post("/p/<slug>/owner")
@limited("hand-over", limit=60, seconds=60)
def create(slug: str) -> Response:
    """Hand a plan over to an active person; an unknown one comes back in the form, 422."""
    plan = Plan.find(slug, current_user(), lock=True)
    plan.only_managers(current_user())
    typed = request.form.get("email") or request.form.get("user", "")
    on_invalid(lambda problem: _form(Plan.find(slug, current_user()), typed, str(problem)))
    plan.hand_over(User.named(typed), by=current_user())
    said = f"{plan.owner.name} owns this plan now."
    return changed("owners/create.htmx.html", page=f"/p/{slug}", said=said, **page(Reading(plan)))


def _form(plan: Plan, typed: str = "", error: str = "") -> Response:
    user = current_user()
    return fragment(
        "owners/new.html",
        status=422 if error else 200,
        plan=plan,
        user=user,
        typed=typed,
        error=error,
        owned=Plan.count_owned(plan.owner) if user.may("plans.manage") else 0,
    )
