"""Plans: the page at a plan's address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, g, render_template, request

from planpush.content.origin import Place
from planpush.db import now
from planpush.models.plan import Plan
from planpush.models.purge import Trace
from planpush.models.reading import SHOWN, Reading
from planpush.models.version import Version
from planpush.web.auth import current_user
from planpush.web.headers import nonce_for
from planpush.web.respond import number

plans = Blueprint("plans", __name__)
WHOLE = "pp-whole"


@plans.get("/p/<slug>")
def show(slug: str) -> Response:
    """Answer the plan page: bars, contents, document, panel."""
    plan = Plan.find(slug, current_user())
    reading = Reading(plan, number("v"))
    etag = _etag(reading)
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        response = Response(
            render_template("plans/show.html", **page(reading)), mimetype="text/html"
        )
    response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@dataclass(frozen=True, slots=True)
class Composer:
    """The form of a new thread: where, on which version, and what was typed so far."""

    place: Place
    on: int
    body: str = ""
    error: str = ""
    blocking: bool = False
    label: str = ""

    @classmethod
    def at(cls, version: Version, place: Place, **typed: Any) -> Composer:
        """Return the form for `place` on `version`."""
        return cls(place, version.number, label=version.describe(place), **typed)


@dataclass(frozen=True, slots=True)
class Typed:
    """Words in a card's form: a reply, or (with `editing`) a comment being changed."""

    thread: int
    body: str | None = None
    error: str = ""
    editing: int | None = None


def page(
    reading: Reading,
    *,
    show: str = "",
    composer: Composer | None = None,
    typed: Typed | None = None,
) -> dict[str, Any]:
    """Return what the plan page and its fragments are rendered from."""
    opened = number("thread")
    card = next((card for card in reading.cards if card.thread.id == opened), None)
    return {
        "plan": reading.plan,
        "reading": reading,
        "version": reading.version,
        "history": Version.history(reading.plan, limit=50),
        "show": show or (card.thread.state if card else _tab()),
        "active": opened,
        "typed": typed or (Typed(opened or 0, editing=number("edit")) if number("edit") else None),
        "composer": composer or _composer(reading),
        "purged": _purged(reading.plan),
        "user": current_user(),
    }


def _purged(plan: Plan) -> Trace | None:
    """Return what an admin is told after a purge: `?purged=2`."""
    asked = number("purged") if current_user().may("versions.purge") else None
    return Trace.of(plan, asked) if asked else None


def _composer(reading: Reading) -> Composer | None:
    """Return the form that `?compose=anchor` or `?compose=anchor.block` opens without script."""
    anchor, _, block = request.args.get("compose", "").partition(".")
    if not anchor:
        return None
    if anchor == WHOLE:
        return Composer.at(reading.version, Place())
    key = int(block) if block.isascii() and block.isdigit() and len(block) < 9 else None
    return Composer.at(reading.version, Place(anchor=anchor, block=key))


def _tab() -> str:
    asked = request.args.get("show", "")
    return asked if asked in SHOWN else "open"


def _etag(reading: Reading) -> str:
    """Name the page's state: what is shown, for whom, and the minute that its times speak of."""
    plan = reading.plan
    parts = (
        plan.id, plan.title, plan.visibility, plan.newest, plan.active_at.isoformat(),
        plan.open_threads, plan.resolved_threads, plan.comment_count, plan.owner.name,
        reading.version.number, current_user().id, sorted(current_user().roles),
        g.browser_session.id, request.full_path,
        now().strftime("%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    etag = hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
    nonce_for(etag)
    return etag
