"""Waits: an agent is told when people said something, without asking again and again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, jsonify

from planpush.models.event import Event
from planpush.models.feedback import feedback_since
from planpush.models.plan import Plan
from planpush.models.user import User
from planpush.views.api.operations import describes
from planpush.views.api.queries import WaitQuery
from planpush.views.api.thread_shapes import ThreadsAnswer
from planpush.views.api.threads import listed
from planpush.web.auth import current_user, scope
from planpush.web.parse import number_of, parse_query
from planpush.web.waiting import LONGEST, wait_for

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
