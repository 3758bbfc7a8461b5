"""Brings other people's changes into an open page."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.comments.version_view import Reading
from planpush.pages.plans.plans import page
from planpush.plans.plan import Plan
from planpush.web.auth import current_user, quiet
from planpush.web.responses import fragment, shown_version

refreshes = Blueprint("refreshes", __name__)


@refreshes.get("/p/<slug>/threads/live")
@quiet
def show(slug: str) -> Response:
    """Answer list, counts and bars as they are now, and every pin if one of them changed."""
    reading = Reading(Plan.find(slug, current_user()), shown_version())
    return fragment("threads/live.htmx.html", **page(reading))
