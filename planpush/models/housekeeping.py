"""Housekeeping: drop what has run out and serves nobody."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from planpush.db import db, now
from planpush.models.rate_limit import RateLimit
from planpush.models.session import BrowserSession, SignInLink
from planpush.models.setting import Setting, settings
from planpush.models.spent import Spent


def sweep() -> None:
    """Delete dead sessions, links and rate counters; seal stored secrets with the newest key."""
    oldest = now() - timedelta(seconds=settings().session_max_age)
    db.session.execute(delete(BrowserSession).where(BrowserSession.created_at < oldest))
    db.session.execute(delete(SignInLink).where(SignInLink.expires_at < now()))
    RateLimit.sweep()
    Spent.sweep()
    Setting.reseal()
