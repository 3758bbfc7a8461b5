"""The plan page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Response, g, render_template, request

from planpush.comments.drafts import Draft
from planpush.comments.version_view import Reading
from planpush.database.session import afterwards, now
from planpush.document.anchoring.target import Place
from planpush.pages.account.unread import bell, note_read
from planpush.pages.comments.draft_forms import draft_at, drafts_on, newest_draft
from planpush.pages.comments.panel import asked_thread, missing_on, panel_on
from planpush.pages.plans.unseen import since_of
from planpush.pages.reviews.reviews import review_of
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.plans.visits import Visit
from planpush.versions.purge import Trace
from planpush.web.assets import release
from planpush.web.auth import current_user
from planpush.web.responses import kept, number

plans = Blueprint("plans", __name__)
WHOLE = "pp-whole"


@plans.get("/p/<slug>")
def show(slug: str) -> Response:
    """Answer the plan page: bars, contents, document, panel."""
    plan = Plan.find(slug, current_user())
    reading = Reading(plan, number("v"), content=True)
    note_read(current_user(), plan, asked_thread(reading))
    etag = _etag(reading)
    response = kept(etag, lambda: render_template("plans/show.html", **page(reading)))
    if request.method == "GET":
        _note_visit(reading)
    return response


def _note_visit(reading: Reading) -> None:
    """Note that its reader has looked; at what they know costs no write.

    What they have seen begins with the first version that they open, and moves when they say so.
    """
    plan, user = reading.plan, current_user()
    known = bell(user, plan)
    if known.seen is None:
        afterwards(partial(Visit.begin, plan.id, since_of(reading).seen, now()))
    elif known.visited_at is None or known.visited_at < plan.active_at:
        afterwards(partial(Visit.note, user.id, plan.id, now()))


@dataclass(frozen=True, slots=True)
class Composer:
    """The form of a new thread: where, on which version, and what was typed so far."""

    place: Place
    version: Version
    shown: int = 0
    body: str = ""
    error: str = ""
    blocking: bool = False
    draft: Draft | None = None
    waits: bool = False  # it takes the focus only when somebody asked for it

    @classmethod
    def at(cls, version: Version, place: Place, **typed: Any) -> Composer:
        """Return the form for `place` on `version`."""
        return cls(place, version, **{"shown": version.number} | typed)

    @classmethod
    def begun(cls, version: Version, place: Place, plan: Plan) -> Composer:
        """Return the form for `place` with what was typed there before and not sent."""
        draft = draft_at(plan, version.number, place)
        typed = {"body": draft.body, "blocking": draft.blocking, "draft": draft} if draft else {}
        return cls.at(version, place, **typed)

    @classmethod
    def restored(cls, draft: Draft, reading: Reading) -> Composer:
        """Return the form that a draft was typed in; it stays on the version it was begun on."""
        version = Version.of(reading.plan, draft.version)
        typed = {"body": draft.body, "blocking": draft.blocking, "draft": draft}
        return cls.at(version, draft.where, shown=reading.version.number, waits=True, **typed)

    @property
    def on(self) -> int:
        """Return the number of the version that the thread is opened on."""
        return self.version.number

    @property
    def label(self) -> str:
        """Return what stands at the place, in short."""
        return self.version.describe(self.place)


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
    active: int | None = None,
    composer: Composer | None = None,
    typed: Typed | None = None,
) -> dict[str, Any]:
    """Return what the plan page and its fragments are rendered from; `active` stands out."""
    opened = active or asked_thread(reading)
    return {
        "plan": reading.plan,
        "reading": reading,
        "version": reading.version,
        "since": bell(current_user(), reading.plan).newest_here,
        "viewers": review_of(reading.plan).viewers,
        "history": reading.history,
        "panel": panel_on(reading, active=opened),
        "active": opened,
        "missing": missing_on(reading),
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
    """Return the form that `?compose=anchor` or `?compose=anchor.block` opens, or a draft's."""
    anchor, _, block = request.args.get("compose", "").partition(".")
    if not anchor:
        draft = newest_draft(reading.plan, reading.version.number)
        return Composer.restored(draft, reading) if draft else None
    if anchor == WHOLE:
        return Composer.begun(reading.version, Place(), reading.plan)
    key = int(block) if block.isascii() and block.isdigit() and len(block) < 9 else None
    return Composer.begun(reading.version, Place(anchor=anchor, block=key), reading.plan)


def _etag(reading: Reading) -> str:
    """Name the page's state: what is shown, and for whom."""
    plan = reading.plan
    parts = (
        plan.id, plan.title, plan.visibility, plan.newest, plan.active_at.isoformat(),
        plan.open_threads, plan.resolved_threads, plan.comment_count, plan.owner.name,
        plan.archived, reading.version.number, current_user().id, current_user().keys,
        sorted(current_user().roles), bell(current_user(), plan), review_of(plan).key,
        release(), since_of(reading).seen, g.browser_session.id, request.full_path,
        [draft.saved_at.isoformat() for draft in drafts_on(plan).values()],
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
