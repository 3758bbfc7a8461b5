"""Plans for programs: lists, one plan, its outline, its document."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from flask import Blueprint, Response, jsonify, request

from planpush.content.problem import Finding, Malformed
from planpush.models.listing import PAGE, list_plans
from planpush.models.outline import summary
from planpush.models.plan import Plan
from planpush.models.version import Version
from planpush.web.auth import config, current_user, scope

plans = Blueprint("api_plans", __name__, url_prefix="/api/plans")
DEEPEST = 10**6


@plans.get("")
@scope("plans:read")
def index() -> Response:
    """Answer a page of the plans one may see."""
    page = _page_of(request.args.get("cursor", ""))
    listing = list_plans(current_user(), q=request.args.get("q", ""), page=page, deepest=DEEPEST)
    more = page * PAGE < listing.total
    return jsonify(
        plans=[_plan(plan) for plan in listing.plans],
        cursor=_cursor(page + 1) if more else None,
    )


@plans.get("/<slug>")
@scope("plans:read")
def show(slug: str) -> Response:
    """Answer a plan with its versions, newest first."""
    plan = Plan.find(slug, current_user())
    versions = [
        {**summary(version), "direction": version.direction, "digest": version.digest}
        for version in Version.history(plan)
    ]
    return jsonify(**_plan(plan), versions=versions)


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "plan": plan.slug,
        "title": plan.title,
        "url": f"{config().base_url}/p/{plan.slug}",
        "visibility": plan.visibility,
        "owner": plan.owner.name,
        "version": plan.newest,
        "open_threads": plan.open_threads,
        "resolved_threads": plan.resolved_threads,
        "comments": plan.comment_count,
        "updated_at": plan.active_at.isoformat().replace("+00:00", "Z"),
    }


def _cursor(page: int) -> str:
    return base64.urlsafe_b64encode(f"p{page}".encode()).decode().rstrip("=")


def _page_of(cursor: str) -> int:
    try:
        text = (
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode() if cursor else "p1"
        )
        page = int(text.removeprefix("p"))
    except (ValueError, binascii.Error):
        page = 0
    if not 1 <= page <= DEEPEST:
        message = "take the cursor from the answer before"
        raise Malformed(message, [Finding("malformed", message, field="cursor")])
    return page
