"""Lists plans and shows one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from planpush.accounts.user import User
from planpush.api.operations import describes
from planpush.api.request_queries import PlansQuery
from planpush.api.responses import PlansAnswer, PlanWithVersions
from planpush.dashboard.listing import list_on
from planpush.database.session import iso
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.versions.outline import summary
from planpush.web.auth import config, current_user, scope
from planpush.web.parsing import parse_query

plans = Blueprint("api_plans", __name__, url_prefix="/api/plans")
MOST_VERSIONS = 200


@plans.get("")
@scope("plans:read")
@describes({200: PlansAnswer}, 422, query=PlansQuery)
def index() -> Response:
    """Answer a page of the plans one may see."""
    query = parse_query(PlansQuery)
    return jsonify(listed(current_user(), query.q, query.cursor))


@plans.get("/<slug>")
@scope("plans:read")
@describes({200: PlanWithVersions})
def show(slug: str) -> Response:
    """Answer a plan with its versions, newest first, the last 200 at most."""
    return jsonify(described(current_user(), slug))


def listed(user: User, q: str = "", cursor: str = "") -> dict[str, Any]:
    """Return a page of the plans that `user` may see, and a cursor if there are more."""
    listing = list_on(user, q=q, cursor=cursor)
    return {
        "plans": [_plan(row, row.owner) for row in listing.plans],
        "cursor": listing.next_after or None,
    }


def described(user: User, slug: str) -> dict[str, Any]:
    """Return a plan with its versions, newest first."""
    plan = Plan.find(slug, user)
    versions = [
        {**summary(version), "direction": version.direction, "digest": version.digest}
        for version in Version.history(plan, limit=MOST_VERSIONS)
    ]
    return {**_plan(plan, plan.owner.name), "versions": versions}


def _plan(plan: Any, owner: str) -> dict[str, Any]:
    return {
        "plan": plan.slug,
        "title": plan.title,
        "url": f"{config().base_url}/p/{plan.slug}",
        "visibility": plan.visibility,
        "owner": owner,
        "version": plan.newest,
        "open_threads": plan.open_threads,
        "resolved_threads": plan.resolved_threads,
        "comments": plan.comment_count,
        "updated_at": iso(plan.active_at),
    }
