"""Ends sessions that the provider ended."""

from __future__ import annotations

from sqlalchemy import delete

from planpush.accounts.identity import Identity
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import ACCESS, REFRESH, Token
from planpush.accounts.user import User
from planpush.database.session import db
from planpush.events.event import Event


def end_session_of(issuer: str, sid: str, *, channel: str, subject: str = "") -> int:
    """End the sessions that began in the provider's session `sid`, if need be only `subject`'s."""
    query = delete(BrowserSession).where(BrowserSession.issuer == issuer, BrowserSession.sid == sid)
    if subject:
        identity = Identity.find(issuer, subject)
        query = query.where(BrowserSession.user_id == (identity.user_id if identity else 0))
    ended = list(db.session.scalars(query.returning(BrowserSession.user_id)))
    if ended:
        user = db.session.get_one(User, ended[0])
        _record(channel, user, sessions=len(ended))
    return len(ended)


def end_sessions_of(issuer: str, subject: str) -> None:
    """End all sessions of a person, and what was issued to their agents in a session's stead.

    Personal tokens stay: who makes one wants it to outlast their browser.
    """
    identity = Identity.find(issuer, subject)
    if identity is not None:
        sessions = BrowserSession.end_all(identity.user)
        tokens = Token.revoke_all(identity.user, ACCESS, REFRESH)
        _record("back", identity.user, sessions=sessions, tokens=tokens)


def named(*, iss: str = "", sub: str = "", email: str = "") -> User | None:
    """Return whom a provider means, by subject or by address."""
    identity = Identity.find(iss, sub) if sub else None
    user = User.by_email(email) if email else (identity.user if identity else None)
    return user if user is not None and user.deleted_at is None else None


def _record(channel: str, user: User, **data: int) -> None:
    kind = {"back": "logout.back_channel", "front": "logout.front_channel"}[channel]
    Event.record(kind, by=None, target=user.email, data={"provider": "okta"} | data)
