"""Reviews: where a plan stands with its reviewers, for the bar of an open page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response

from planpush.content.problem import Problem
from planpush.models.plan import Plan
from planpush.models.reading import Reading
from planpush.web.auth import current_user, quiet
from planpush.web.respond import fragment, shown_version

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
