"""Approves a version or asks for changes."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.comments.version_view import Reading
from planpush.database.session import now
from planpush.errors import Finding, Invalid, Problem
from planpush.pages.comments.panel import all_seen
from planpush.pages.plans.plans import page
from planpush.pages.plans.unseen import see
from planpush.pages.reviews.reviews import Typed, region
from planpush.plans.plan import Plan
from planpush.reviews.sign_offs import DECISIONS, SignOff, only_others
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed, fragment, number, on_invalid, wants_fragment

sign_offs = Blueprint("sign_offs", __name__)
_SAID = {"approve": "Approved.", "request_changes": "You asked for changes."}
_SOME = "some"


@sign_offs.get("/p/<slug>/sign-off")
def new(slug: str) -> Response:
    """Answer the form of a word, as a page: `?decision=approve`, else one that asks for changes."""
    plan = Plan.find(slug, current_user())
    only_others(plan, current_user())
    typed = Typed(request.args.get("decision", ""))
    return fragment("sign_offs/new.html", **region(Reading(plan), typed))


@sign_offs.post("/p/<slug>/sign-off")
@limited("comment", limit=300, seconds=60)
def create(slug: str) -> Response:
    """Decide about the newest version. A note that cannot be stored comes back, 422."""
    plan = Plan.find(slug, current_user(), lock=True)
    told, note = request.form.get("decision", ""), request.form.get("note", "")
    typed = Typed(told, note, dict.fromkeys(request.form.getlist("sections")))
    on_invalid(lambda problem: _again(slug, typed, problem))
    SignOff.give(
        plan, DECISIONS.get(told, ""), note, by=current_user(),
        read=number("version", source=request.form), sections=_sections(typed),
    )  # fmt: skip
    return _changed(plan, _SAID[told], 201, is_seen=True)


@sign_offs.delete("/p/<slug>/sign-off")
@limited("comment", limit=300, seconds=60)
def destroy(slug: str) -> Response:
    """Take back one's word on the newest version, or one that lapsed."""
    plan = Plan.find(slug, current_user(), lock=True)
    SignOff.withdraw(plan, by=current_user())
    return _changed(plan, "You took back what you decided.", 200)


def _sections(typed: Typed) -> list[str]:
    """Return the sections that a form decides about; `about` says if these are some, or all."""
    about = request.form.get("about", _SOME if typed.sections else "")
    if about == _SOME and not typed.sections:
        message = "Choose at least one section."
        raise Invalid(message, [Finding("empty", message, field="sections")])
    return list(typed.sections) if about == _SOME else []


def _changed(plan: Plan, said: str, status: int, is_seen: bool = False) -> Response:
    """Answer the bar's region; `is_seen`: nothing on the open page is new to them any more."""
    reading = Reading(plan)
    if is_seen:
        see(reading, now())
        all_seen()
    told = page(reading) | region(reading) | {"said": said, "is_seen": is_seen}
    return changed("sign_offs/create.htmx.html", page=f"/p/{plan.slug}", status=status, **told)


def _again(slug: str, typed: Typed, problem: Problem) -> Response:
    told = region(Reading(Plan.find(slug, current_user())), typed.refused(problem))
    page = "reviews/show.htmx.html" if wants_fragment() else "sign_offs/new.html"
    return fragment(page, status=422, **told)
