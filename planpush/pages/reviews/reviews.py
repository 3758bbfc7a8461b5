"""The review bar of a plan."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request

from planpush.comments.version_view import Reading
from planpush.errors import Problem
from planpush.plans.plan import Plan
from planpush.reviews.summary import Review
from planpush.web.auth import current_user, quiet
from planpush.web.responses import fragment, shown_version

reviews = Blueprint("reviews", __name__)


@dataclass(frozen=True, slots=True)
class Typed:
    """A word as it was typed: what is decided, about which sections; and what is wrong with it."""

    decision: str = ""
    note: str = ""
    sections: Collection[str] = ()
    error: str = ""
    field: str = ""

    def refused(self, problem: Problem) -> Typed:
        """Return the same with what is wrong, and where."""
        told = self.decision if self.decision == "approve" else "request_changes"
        fields = [one.field for one in problem.errors]
        field = "sections" if "sections" in fields else "note"
        return replace(self, decision=told, error=str(problem), field=field)


@reviews.get("/p/<slug>/review")
@quiet
def show(slug: str) -> Response:
    """Answer the bar's region as it is now."""
    reading = Reading(Plan.find(slug, current_user()), shown_version())
    return fragment("reviews/show.htmx.html", **region(reading))


def region(reading: Reading, typed: Typed | None = None) -> dict[str, Any]:
    """Return what the bar's region is rendered from; `typed` is what was refused, or is begun."""
    return {
        "plan": reading.plan, "version": reading.version, "reading": reading,
        "user": current_user(), "told": typed or Typed(),
    }  # fmt: skip


_KEPT = "planpush.review"  # where this request keeps it


def review_of(plan: Plan) -> Review:
    """Return where a plan stands with its reviewers, and whether it is one's turn."""
    kept: Review | None = request.environ.get(_KEPT)
    if kept is None or kept.plan is not plan:
        kept = request.environ[_KEPT] = Review.of(plan, current_user())
    return kept
