"""Brings a new version into an open page."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.pages.plans.plans import page
from planpush.plans.plan import Plan
from planpush.versions.update import Update
from planpush.web.auth import current_user, quiet
from planpush.web.responses import fragment, number

updates = Blueprint("updates", __name__)


@updates.get("/p/<slug>/updates/new")
@quiet
def new(slug: str) -> Response:
    """Answer what was pushed since version `v`; 204 when nothing was."""
    update = Update(Plan.find(slug, current_user()), number("v"))
    if not update.due:
        return Response(status=204)
    return fragment("updates/new.htmx.html", plan=update.plan, update=update)


@updates.get("/p/<slug>/updates")
def index(slug: str) -> Response:
    """Answer the sections that changed since version `v`, and all that names the version."""
    update = Update(Plan.find(slug, current_user()), number("v"))
    answer = fragment("updates/index.htmx.html", update=update, card=None, **page(update.reading))
    answer.headers["HX-Replace-Url"] = f"/p/{slug}"
    return answer
