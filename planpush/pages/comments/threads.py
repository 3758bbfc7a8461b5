"""Lists, shows and starts threads."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from planpush.comments.comment import checked_body
from planpush.comments.drafts import Draft
from planpush.comments.version_view import Card, Reading
from planpush.document.anchoring.target import Place
from planpush.pages.comments.panel import remember, unfolded
from planpush.pages.plans.plans import Composer, page
from planpush.plans.plan import Plan
from planpush.plans.version import Version
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

threads = Blueprint("threads", __name__)


@threads.get("/p/<slug>/threads")
def index(slug: str) -> Response:
    """Answer the panel's list for one tab."""
    reading = Reading(Plan.find(slug, current_user()), shown_version())
    context = page(reading)
    answer = fragment("threads/index.htmx.html", **context)
    answer.headers["HX-Replace-Url"] = context["panel"].address()
    return answer


@threads.get("/p/<slug>/threads/<id:thread_id>")
def show(slug: str, thread_id: int) -> Response:
    """Answer one card in full, or with `fold=1` in short."""
    plan = Plan.find(slug, current_user())
    card = Card.find(plan, number("v"), thread_id)
    remember(unfolded(thread_id, not request.args.get("fold")))
    return fragment("threads/show.htmx.html", plan=plan, card=card, user=current_user(), typed=None)


@threads.get("/p/<slug>/threads/new")
@limited("composer", limit=300, seconds=60, apart=True)
def new(slug: str) -> Response:
    """Answer the composer for a place."""
    plan = Plan.find(slug, current_user())
    version = Version.of(plan, number("v"))
    composer = Composer.begun(version, version.quoted(place_from(request.args)), plan)
    return fragment("threads/new.htmx.html", plan=plan, composer=composer)


@threads.post("/p/<slug>/threads")
@limited("comment", limit=300, seconds=60)
def create(slug: str) -> Response:
    """Open a thread. A comment that cannot be stored comes back in its form, 422."""
    user, form = current_user(), request.form
    plan = Plan.find(slug, user, lock=True)
    typed, blocking = form.get("body", ""), form.get("blocking") == "1"
    place, on = place_from(form), number("v", source=form) or plan.newest
    shown = min(max(Version.of(plan, on).number, shown_version() or 0), plan.newest)
    again = partial(_again, slug, on, place, body=typed, blocking=blocking)
    on_invalid(lambda problem: again(error=str(problem)))
    body = checked_body(typed)
    claimed = claim(user)
    if claimed.first:
        made = plan.open_thread(place, body, by=user, on=on, shown=shown, blocking=blocking).id
        claimed.keep(made)
        Draft.forget(plan, "new", by=user, key=form.get("key", ""))
    reading = Reading(plan, shown)
    card = reading.card(made if claimed.first else claimed.made or 0)
    return changed(
        "threads/create.htmx.html",
        page=f"/p/{slug}?thread={card.thread.id}#t{card.thread.id}",
        status=201,
        card=card,
        **page(reading, active=card.thread.id),
    )


def _again(slug: str, on: int, place: Place, **typed: Any) -> Response:
    plan = Plan.find(slug, current_user())
    reading = Reading(plan, on)
    composer = Composer.at(reading.version, place, **typed)
    if wants_fragment():
        return fragment("threads/new.htmx.html", status=422, plan=plan, composer=composer)
    return fragment("plans/show.html", status=422, **page(reading, composer=composer))


def place_from(source: object) -> Place:
    """Return the place that a form or query names."""
    get = source.get  # type: ignore[attr-defined]
    return Place(
        anchor=get("anchor", ""),
        block=number("block", source=source),
        quote=get("quote", ""),
        prefix=get("prefix", ""),
        suffix=get("suffix", ""),
        start=number("start", source=source),
        end=number("end", source=source),
        row=get("row", ""),
        column=get("column", ""),
    )
