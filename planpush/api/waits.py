"""Waits for new comments."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, jsonify

from planpush.accounts.user import User
from planpush.api.operations import describes
from planpush.api.request_queries import WaitQuery
from planpush.api.responses import ThreadsAnswer
from planpush.api.threads import listed
from planpush.comments.feedback import feedback_since
from planpush.events.event import Event
from planpush.live.long_poll import LONGEST, wait_for
from planpush.plans.plan import Plan
from planpush.web.auth import current_user, scope
from planpush.web.parsing import number_of, parse_query

waits = Blueprint("api_waits", __name__, url_prefix="/api/plans")


@waits.get("/<slug>/wait")
@scope("plans:read")
@describes({200: ThreadsAnswer, 204: None}, query=WaitQuery)
def show(slug: str) -> Response:
    """Answer once a person gave feedback since a cursor; 204 when nobody did."""
    query = parse_query(WaitQuery)
    timeout = int(query.timeout) if query.timeout else LONGEST
    found = feedback(current_user(), slug, query.since, timeout)
    if found is not None:
        return jsonify(found)
    response = Response(status=204)
    if "retry_after" in g:
        response.headers["Retry-After"] = str(g.retry_after)
    return response


def feedback(
    user: User, slug: str, since: str = "", timeout: float = LONGEST
) -> dict[str, Any] | None:
    """Return the threads in which people gave feedback after `since`, once there are some.

    Without `since`, from now on. None after `timeout` seconds, or at once when too many wait.
    """
    start = Event.newest(Plan.find(slug, user).id) if not since else number_of(since, "since")

    def look() -> dict[str, Any] | None:
        plan = Plan.find(slug, user)  # who may see it no longer is told so while waiting, too
        cursor = Event.newest(plan.id)
        touched = feedback_since(plan.id, start) if cursor > start else set()
        return listed(plan, cursor, touched=touched) if touched else None

    return wait_for(look, timeout)
