"""Resolves and reopens threads."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from planpush.api.operations import describes
from planpush.api.responses import ThreadAnswer
from planpush.api.threads import newest_as_dict
from planpush.comments.thread import Thread
from planpush.errors import Forbidden
from planpush.settings.store import settings
from planpush.web.auth import current_user, scope
from planpush.web.rate_limits import limited
from planpush.web.retries import claim_retry

resolutions = Blueprint("api_resolutions", __name__, url_prefix="/api/threads")


@resolutions.post("/<id:thread_id>/resolution")
@scope("comments:write")
@describes({201: ThreadAnswer}, 422, retries=True)
@limited("comment", limit=300, seconds=60)
def create(thread_id: int) -> tuple[Response, int]:
    """Resolve a thread, where an admin lets agents do that."""
    thread = _found(thread_id)
    if claim_retry(current_user()).first:
        thread.resolve(by=current_user(), via="agent")
    return jsonify(newest_as_dict(thread.plan, thread.id)), 201


@resolutions.delete("/<id:thread_id>/resolution")
@scope("comments:write")
@describes({200: ThreadAnswer})
@limited("comment", limit=300, seconds=60)
def destroy(thread_id: int) -> Response:
    """Reopen a thread, where an admin lets agents do that."""
    thread = _found(thread_id)
    thread.reopen(by=current_user(), via="agent")
    return jsonify(newest_as_dict(thread.plan, thread.id))


def _found(thread_id: int) -> Thread:
    thread = Thread.find_for(current_user(), thread_id)
    if not settings().agents_may_resolve:
        raise Forbidden(
            "Only people resolve and reopen threads here: answer it instead. "
            "An admin may let agents do it, under Admin, Settings.",
            code="agent_may_not_resolve",
        )
    return thread
