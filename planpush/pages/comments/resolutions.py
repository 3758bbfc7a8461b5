"""Resolves and reopens threads."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.comments.thread import Thread
from planpush.comments.version_view import Reading
from planpush.pages.comments.panel import asked_filter, remember
from planpush.pages.plans.plans import page
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed, shown_version

resolutions = Blueprint("resolutions", __name__)


@resolutions.post("/p/<slug>/threads/<id:thread_id>/resolution")
@limited("comment", limit=300, seconds=60)
def create(slug: str, thread_id: int) -> Response:
    """Resolve a thread."""
    plan = Plan.find(slug, current_user(), lock=True)
    Thread.find(plan, thread_id).resolve(by=current_user())
    return _changed(plan, thread_id, "Thread resolved.", 201)


@resolutions.delete("/p/<slug>/threads/<id:thread_id>/resolution")
@limited("comment", limit=300, seconds=60)
def destroy(slug: str, thread_id: int) -> Response:
    """Reopen a thread."""
    plan = Plan.find(slug, current_user(), lock=True)
    Thread.find(plan, thread_id).reopen(by=current_user())
    return _changed(plan, thread_id, "Thread reopened.", 200)


def _changed(plan: Plan, thread_id: int, said: str, status: int) -> Response:
    reading = Reading(plan, shown_version())
    remember(asked_filter().keeping(thread_id).folding(thread_id))
    return changed(
        "resolutions/create.htmx.html",
        page=f"/p/{plan.slug}?thread={thread_id}#t{thread_id}",
        status=status,
        card=reading.card(thread_id),
        said=said,
        **page(reading),
    )
