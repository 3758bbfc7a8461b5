"""Ends a session."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, request

from planpush.accounts.sessions import BrowserSession
from planpush.database.rate_limits import RateLimit
from planpush.database.session import commit, db, outlives_refusal
from planpush.events.event import Event
from planpush.web.auth import begin_writing

_MOST_ROWS = 60  # a minute from one address: strangers must not fill the audit log


@dataclass(frozen=True, slots=True)
class Departure:
    """The provider's side of the session that ended, empty if there was none."""

    issuer: str = ""
    id_token: str = ""


def leave() -> Departure:
    """End this browser's session, now and for good: nothing that fails later brings it back."""
    if g.browser_session is None:
        return Departure()
    session_id = g.browser_session.id
    g.user = g.browser_session = None
    begin_writing()
    found = db.session.get(BrowserSession, session_id, with_for_update=True)
    if found is None:  # ended elsewhere, a moment ago
        return Departure()
    left = Departure(found.issuer, found.id_token)
    found.end()
    commit()
    g.writes = False  # the provider may be asked next: no lock is held meanwhile
    return left


def failed(channel: str) -> None:
    """Let the audit log keep this demand of a provider, should it be refused."""
    outlives_refusal(lambda: _record_failure(channel))


def _record_failure(channel: str) -> None:
    subject = f"logout.failed:{request.remote_addr}"[:120]
    if not RateLimit.hit(subject, limit=_MOST_ROWS, seconds=60):
        data = {"provider": "okta", "channel": channel, "reason": g.problem.code}
        Event.record("logout.failed", by=None, data=data)
