"""Who else has the plan open."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.plans.plan import Plan
from planpush.plans.presence import Viewer
from planpush.web.auth import current_user, quiet
from planpush.web.responses import fragment

viewers = Blueprint("viewers", __name__)


@viewers.get("/p/<slug>/viewers")
@quiet
def index(slug: str) -> Response:
    """Answer the avatars of those who read this plan, without one's own."""
    plan, user = Plan.find(slug, current_user()), current_user()
    return fragment("viewers/index.htmx.html", plan=plan, viewers=Viewer.of(plan, but=user))
