"""Archives a plan and takes it out again."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.comments.version_view import Reading
from planpush.pages.plans.plans import page
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed

archives = Blueprint("archives", __name__)


@archives.post("/p/<slug>/archive")
@limited("archive", limit=300, seconds=60)
def create(slug: str) -> Response:
    """Put the plan away: lists leave it out."""
    plan = Plan.find(slug, current_user(), lock=True)
    plan.archive(by=current_user())
    return _changed(plan, "Archived: lists leave this plan out.", 201)


@archives.delete("/p/<slug>/archive")
@limited("archive", limit=300, seconds=60)
def destroy(slug: str) -> Response:
    """Take the plan out of the archive."""
    plan = Plan.find(slug, current_user(), lock=True)
    plan.unarchive(by=current_user())
    return _changed(plan, "Out of the archive: lists show this plan again.", 200)


def _changed(plan: Plan, said: str, status: int) -> Response:
    context = page(Reading(plan)) | {"said": said, "just_moved": True}
    return changed("archives/create.htmx.html", page=f"/p/{plan.slug}", status=status, **context)
