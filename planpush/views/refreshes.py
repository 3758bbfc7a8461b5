"""Refreshes: an open page brings what others did meanwhile."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.models.plan import Plan
from planpush.models.reading import Reading
from planpush.views.plans import page
from planpush.web.auth import current_user, quiet
from planpush.web.respond import fragment, shown_version

refreshes = Blueprint("refreshes", __name__)


@refreshes.get("/p/<slug>/threads/live")
@quiet
def show(slug: str) -> Response:
    """Answer list, counts and bars as they are now, and every pin if one of them changed."""
    reading = Reading(Plan.find(slug, current_user()), shown_version())
    return fragment("threads/live.htmx.html", **page(reading))
