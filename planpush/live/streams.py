"""The event stream of a page."""

from __future__ import annotations

import time

from flask import Response, request

from planpush.errors import Problem
from planpush.events.event import Event
from planpush.live.hub import ANY_PLAN, FOLLOW, HUB, PAUSE, Follower, Hub, written
from planpush.live.subscriptions import NOTICES, PLANS, Onlooker, names_since
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.responses import number

# The same for all, since it is kept for each; nothing of a stream is ever shown.
_POLICY = "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
_RETRY = 2000  # milliseconds


def stream(plan: Plan | None = None) -> Response:
    """Return a stream of names, of a plan or of all: `?since=` says which event its page knows.

    `?notices=` is the newest that its reader had a notice of. Without an event loop below (a test,
    the development server) it ends after what was missed, and the browser asks again. Raises 429
    for somebody with very many of them.
    """
    user, hub = current_user(), request.environ.get(HUB)
    checked = Event.newest_of_all()  # first: what happens meanwhile is told twice, not never
    newest = checked if plan is None else Event.newest(plan.id)
    who = Onlooker.of(user)
    told = _missed(who, plan, newest) | _notices(who, checked)
    if isinstance(hub, Hub) and request.method == "GET":  # HEAD holds none
        if hub.is_full_for(user.id):
            raise _too_many()
        followed = ANY_PLAN if plan is None else plan.id
        free_at = time.monotonic() + PAUSE if PLANS in told else 0.0
        request.environ[FOLLOW] = Follower(
            followed, newest, checked, checked, who, user.presence, free_at
        )
    return _answer(written(told), whole=hub is None)


def _answer(told: bytes, *, whole: bool) -> Response:
    response = Response([f"retry: {_RETRY}\n\n".encode() + told], mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that gathers would hold it back
    response.headers["Content-Security-Policy"] = _POLICY
    response.automatically_set_content_length = whole
    return response


def _missed(who: Onlooker, plan: Plan | None, newest: int) -> dict[str, int]:
    """Return what happened since its page was rendered, or since the stream broke off."""
    if plan is not None:
        return names_since(plan.id, _known("since") or 0)
    since = _known("since")
    if since is None or since >= newest:  # a page without a list is told from now on
        return {}
    changed = who.changed_since(since)
    if changed is None:
        return {PLANS: newest}
    return {PLANS: max(changed.values())} if changed else {}


def _notices(who: Onlooker, newest: int) -> dict[str, int]:
    known = _known("notices")
    if known is None or known >= newest:
        return {}
    found = who.noticed_since(known)
    return {NOTICES: found} if found else {}


def _known(name: str) -> int | None:
    """Return the newest event that a page knows: as it said, or as the stream did before it broke.

    None: it said neither.
    """
    said, heard = number(name), request.headers.get("Last-Event-ID", "")
    if heard.isascii() and heard.isdecimal() and len(heard) < 19:
        return max(said or 0, int(heard))
    return said


def _too_many() -> Problem:
    message = "You have very many pages open: close some of them."
    return Problem(message, extra={"retry_after": 60}, status=429, code="too_many_streams")
