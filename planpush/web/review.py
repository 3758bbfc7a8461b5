"""The review in a plan's bar, asked once for a page."""

from __future__ import annotations

from flask import request

from planpush.models.plan import Plan
from planpush.models.review import Review
from planpush.web.auth import current_user

_KEPT = "planpush.review"  # where this request keeps it


def review_of(plan: Plan) -> Review:
    """Return where a plan stands with its reviewers, and whether it is one's turn."""
    kept: Review | None = request.environ.get(_KEPT)
    if kept is None or kept.plan is not plan:
        kept = request.environ[_KEPT] = Review.of(plan, current_user())
    return kept
