"""The drafts of a person, for the forms on a page."""

from __future__ import annotations

from flask import Flask, g

from planpush.comments.drafts import NEW, Draft
from planpush.document.anchoring.target import Place
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.responses import unspent_key
from planpush.web.templates import form_key


def init_drafts(app: Flask) -> None:
    """Let templates ask for drafts."""
    app.jinja_env.globals.update(drafts_on=drafts_on, draft_of=draft_of, draft_key=draft_key)


def drafts_on(plan: Plan) -> dict[str, Draft]:
    """Return the drafts of whoever asks, the newest first; one query per request and plan."""
    known: dict[int, dict[str, Draft]] = g.setdefault("drafts_on", {})
    if plan.id not in known:
        known[plan.id] = Draft.of(plan, current_user())
    return known[plan.id]


def draft_of(plan: Plan, place: str) -> Draft | None:
    """Return the draft for one form."""
    return drafts_on(plan).get(place)


def newest_draft(plan: Plan, on: int) -> Draft | None:
    """Return the new thread that was typed last, if version `on` knows the one it was begun on."""
    found = drafts_on(plan).items()
    new = (draft for place, draft in found if place.startswith(NEW) and draft.version <= on)
    return next(new, None)


def draft_at(plan: Plan, on: int, place: Place) -> Draft | None:
    """Return the new thread that was begun at `place` of version `on`."""
    found = drafts_on(plan).items()
    here = (
        draft
        for name, draft in found
        if name.startswith(NEW) and draft.version == on and draft.where == place
    )
    return next(here, None)


def draft_key(draft: Draft | None, *, again: bool = False) -> str:
    """Return a form's hidden key: what its words were kept with, so that sending ends that draft.

    `again` is for the form that this request sent and gets back.
    """
    kept = unspent_key(current_user()) if again else ""
    return kept or (draft.key if draft else "") or form_key()
