"""Adds and removes editors."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request

from planpush.accounts.user import User
from planpush.database.session import db
from planpush.plans import editors
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed, fragment, on_invalid, wants_fragment

editor_pages = Blueprint("editors", __name__)


@editor_pages.get("/p/<slug>/editors")
def index(slug: str) -> Response:
    """Answer who may push, and the form that adds more people."""
    plan = Plan.find(slug, current_user())
    editors.only_concerned(plan, current_user())
    return fragment("editors/index.html", **_told(plan))


@editor_pages.post("/p/<slug>/editors")
@limited("review", limit=120, seconds=60)
def create(slug: str) -> Response:
    """Let an active person push; an unknown one comes back in the form, 422."""
    plan = Plan.find(slug, current_user(), lock=True)
    plan.only_managers(current_user())
    typed = request.form.get("email") or request.form.get("user", "")
    on_invalid(lambda problem: _again(slug, typed, str(problem)))
    added = User.named(typed)
    new = editors.add(plan, added, by=current_user())
    said = f"{added.name} may push to this plan now." if new else f"{added.name} may push already."
    return _changed(plan, said, 201 if new else 200)


@editor_pages.delete("/p/<slug>/editors")
@limited("review", limit=120, seconds=60)
def destroy(slug: str) -> Response:
    """Let somebody push no more: `email` or `user`, in the query or the form."""
    plan = Plan.find(slug, current_user(), lock=True)
    told = request.values.get("email") or request.values.get("user", "")
    gone = editors.remove(plan, told, by=current_user())
    if gone is not None and gone.id == current_user().id and not plan.manageable_by(gone):
        return _left(plan)
    said = f"{gone.name} may push no more." if gone else "They were no editor."
    return _changed(plan, said, 200)


def _told(plan: Plan, typed: str = "", error: str = "") -> dict[str, Any]:
    told = {"plan": plan, "user": current_user(), "typed": typed, "error": error}
    refocus = request.method == "DELETE"  # the button that was pressed is gone
    return told | {"editors": editors.of(plan), "refocus": refocus}


def _changed(plan: Plan, said: str, status: int) -> Response:
    page = f"/p/{plan.slug}/editors"
    return changed("editors/create.htmx.html", page=page, status=status, said=said, **_told(plan))


def _left(plan: Plan) -> Response:
    """Lead somebody who left to what they may still see."""
    sees = Plan.visible_to(current_user()).where(Plan.id == plan.id)
    page = f"/p/{plan.slug}" if db.session.scalar(sees) else "/dashboard"
    if wants_fragment():
        return Response("", headers={"HX-Redirect": page})
    return redirect(page, 303)  # type: ignore[return-value]


def _again(slug: str, typed: str, error: str) -> Response:
    told = _told(Plan.find(slug, current_user()), typed, error)
    page = "editors/new.htmx.html" if wants_fragment() else "editors/index.html"
    return fragment(page, status=422, **told)
