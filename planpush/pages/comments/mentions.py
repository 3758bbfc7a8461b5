"""Suggests people after an @."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.comments.mentions import offered
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import fragment

mentions = Blueprint("mentions", __name__)


@mentions.get("/p/<slug>/mentions/new")
@limited("mention", limit=300, seconds=60, apart=True)
def new(slug: str) -> Response:
    """Answer the options of the field's list: people who may see the plan, the likeliest first."""
    plan = Plan.find(slug, current_user())
    return fragment("mentions/new.htmx.html", offers=offered(plan, request.args.get("q", "")))
