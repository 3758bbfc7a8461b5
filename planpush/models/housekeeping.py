"""Housekeeping: drop what has run out and serves nobody."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from planpush.db import db, now
from planpush.models.rate_limit import RateLimit
from planpush.models.session import BrowserSession, SignInLink


def sweep(session_max_age: int) -> None:
    """Delete dead sessions (`session_max_age` in seconds), links and rate counters."""
    oldest = now() - timedelta(seconds=session_max_age)
    db.session.execute(delete(BrowserSession).where(BrowserSession.created_at < oldest))
    db.session.execute(delete(SignInLink).where(SignInLink.expires_at < now()))
    RateLimit.sweep()
