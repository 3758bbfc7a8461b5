"""Reviews: where a plan stands with its reviewers, for the bar of an open page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from planpush.models.plan import Plan
from planpush.models.reading import Reading
from planpush.web.auth import current_user, quiet
from planpush.web.respond import fragment, shown_version

reviews = Blueprint("reviews", __name__)


@reviews.get("/p/<slug>/review")
@quiet
def show(slug: str) -> Response:
    """Answer the bar's region as it is now."""
    reading = Reading(Plan.find(slug, current_user()), shown_version())
    return fragment("reviews/show.htmx.html", **region(reading))


def region(reading: Reading, typed: str = "", error: str = "") -> dict[str, Any]:
    """Return what the bar's region is rendered from; `typed` is a note that was refused."""
    return {
        "plan": reading.plan, "version": reading.version, "reading": reading,
        "user": current_user(), "typed_note": typed, "error": error,
    }  # fmt: skip
