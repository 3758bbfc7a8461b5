"""Sign-offs: somebody approves a version or asks for changes, and may take that back."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.models.plan import Plan
from planpush.models.reading import Reading
from planpush.models.sign_off import DECISIONS, SignOff, only_others
from planpush.views.reviews import region
from planpush.web.auth import current_user
from planpush.web.limits import limited
from planpush.web.respond import changed, fragment, number, on_invalid, wants_fragment

sign_offs = Blueprint("sign_offs", __name__)
_SAID = {"approve": "Approved.", "request_changes": "You asked for changes."}


@sign_offs.get("/p/<slug>/sign-off")
def new(slug: str) -> Response:
    """Answer the form that asks for changes, as a page."""
    plan = Plan.find(slug, current_user())
    only_others(plan, current_user())
    return fragment("sign_offs/new.html", **region(Reading(plan)))


@sign_offs.post("/p/<slug>/sign-off")
@limited("comment", limit=300, seconds=60)
def create(slug: str) -> Response:
    """Decide about the newest version. A note that cannot be stored comes back, 422."""
    plan = Plan.find(slug, current_user(), lock=True)
    told, note = request.form.get("decision", ""), request.form.get("note", "")
    on_invalid(lambda problem: _again(slug, note, str(problem)))
    read = number("version", source=request.form)
    SignOff.give(plan, DECISIONS.get(told, ""), note, by=current_user(), read=read)
    return _changed(plan, _SAID[told], 201)


@sign_offs.delete("/p/<slug>/sign-off")
@limited("comment", limit=300, seconds=60)
def destroy(slug: str) -> Response:
    """Take back one's word on the newest version."""
    plan = Plan.find(slug, current_user(), lock=True)
    SignOff.withdraw(plan, by=current_user())
    return _changed(plan, "You took back what you decided.", 200)


def _changed(plan: Plan, said: str, status: int) -> Response:
    told = region(Reading(plan))
    return changed(
        "sign_offs/create.htmx.html", page=f"/p/{plan.slug}", status=status, said=said, **told
    )


def _again(slug: str, note: str, error: str) -> Response:
    told = region(Reading(Plan.find(slug, current_user())), note, error)
    page = "reviews/show.htmx.html" if wants_fragment() else "sign_offs/new.html"
    return fragment(page, status=422, **told)
