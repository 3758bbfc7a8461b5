"""Streams: an answer that tells what a page missed, and goes on where the server can hold it."""

from __future__ import annotations

from flask import Response, request

from planpush.content.problem import Problem
from planpush.models.event import Event
from planpush.models.live import names_since
from planpush.models.plan import Plan
from planpush.web.auth import current_user
from planpush.web.hub import FOLLOW, HUB, Follower, Hub, written

# The same for all, since it is kept for each; nothing of a stream is ever shown.
_POLICY = "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
_RETRY = 2000  # milliseconds


def stream(plan: Plan, since: int) -> Response:
    """Return a stream of names for a plan, from the event `since` on.

    Without an event loop below (a test, the development server) it ends after what was missed,
    and the browser asks again. Raises 429 for somebody with very many of them.
    """
    user, hub = current_user(), request.environ.get(HUB)
    seen = _last_event_id(since)
    told, newest = names_since(plan.id, seen), Event.newest(plan.id)
    if isinstance(hub, Hub) and request.method == "GET":  # HEAD holds none
        if hub.is_full_for(user.id):
            raise _too_many()
        checked = Event.newest_of_all()
        request.environ[FOLLOW] = Follower(
            plan.id, newest, checked, user.id, user.email, user.presence
        )
    body = f"retry: {_RETRY}\n\n".encode() + written(told)
    response = Response([body], mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that gathers would hold it back
    response.headers["Content-Security-Policy"] = _POLICY
    response.automatically_set_content_length = hub is None
    return response


def _last_event_id(since: int) -> int:
    told = request.headers.get("Last-Event-ID", "")
    known = told.isascii() and told.isdecimal() and len(told) < 19
    return max(since, int(told)) if known else since


def _too_many() -> Problem:
    message = "You have very many pages open: close some of them."
    return Problem(message, extra={"retry_after": 60}, status=429, code="too_many_streams")
