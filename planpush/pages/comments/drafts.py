"""Saves unsent comments."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.comments.drafts import Draft, Unsent
from planpush.comments.version_view import Reading
from planpush.pages.comments.threads import place_from
from planpush.pages.plans.plans import page
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import (
    changed,
    fragment,
    is_spent,
    number,
    on_invalid,
    shown_version,
    spend,
)

drafts = Blueprint("drafts", __name__)


@drafts.post("/p/<slug>/drafts")
@limited("draft", limit=600, seconds=60)
def create(slug: str) -> Response:
    """Keep the words of a form. One that was sent or cancelled meanwhile keeps none."""
    user = current_user()
    plan = Plan.find(slug, user, lock=True)
    on_invalid(lambda problem: fragment("drafts/create.htmx.html", status=422, said=str(problem)))
    unsent = _unsent(plan)
    kept = not is_spent(user)
    if kept:
        Draft.save(plan, request.form.get("place", ""), unsent, by=user)
    said = ("Draft saved" if kept else "Sent already, not saved") if unsent.body.strip() else ""
    return changed("drafts/create.htmx.html", page=f"/p/{slug}", said=said)


@drafts.delete("/p/<slug>/drafts")
@limited("draft", limit=600, seconds=60)
def destroy(slug: str) -> Response:
    """Drop a draft, and answer what stands there without it: the card, or an empty composer."""
    user, place = current_user(), request.values.get("place", "")
    plan = Plan.find(slug, user, lock=True)
    reading = Reading(plan, shown_version())
    thread = number("thread", source=request.values)
    card = reading.card(thread) if thread else None
    Draft.forget(plan, place, by=user, key=request.values.get("key", ""))
    spend(user)
    return changed(
        "drafts/destroy.htmx.html",
        page=f"/p/{slug}?thread={thread}#t{thread}" if thread else f"/p/{slug}",
        card=card,
        **page(reading),
    )


def _unsent(plan: Plan) -> Unsent:
    form = request.form
    on = number("v", source=form)
    return Unsent(
        body=form.get("body", ""),
        key=form.get("key", ""),
        turn=form.get("turn", ""),
        version=Version.of(plan, on).number,
        where=place_from(form),
        blocking=form.get("blocking") == "1",
    )
