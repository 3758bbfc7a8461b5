"""Muted plans."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.notifications.notices import Mute
from planpush.pages import activity
from planpush.pages.account import notices, notifications
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed

mutes = Blueprint("mutes", __name__)


@mutes.post("/p/<slug>/mute")
@limited("notice", limit=300, seconds=60)
def create(slug: str) -> Response:
    """Hear nothing more of a plan, but what names one."""
    plan = Plan.find(slug, current_user())
    Mute.add(current_user(), plan)
    return _changed(plan, "Muted: you hear of this plan only when somebody mentions you.", 201)


@mutes.delete("/p/<slug>/mute")
@limited("notice", limit=300, seconds=60)
def destroy(slug: str) -> Response:
    """Hear of a plan again."""
    plan = Plan.find(slug, current_user())
    Mute.lift(current_user(), plan)
    return _changed(plan, "You hear of this plan again.", 200)


def _changed(plan: Plan, said: str, status: int) -> Response:
    """Answer what the page shows that the form stands on: `from` says which."""
    page = notices.told("from")
    if page == "notices":
        return notices.listed(said, status)
    if page == "activity":
        return activity.muted(plan, said, status, now=status == 201)
    if page == "settings":
        return notifications.listed(plan, said, status)
    return changed(
        "mutes/create.htmx.html", page=f"/p/{plan.slug}", status=status,
        said=said, plan=plan, user=current_user(),
    )  # fmt: skip
