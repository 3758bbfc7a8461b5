"""Housekeeping: drop what has run out and serves nobody."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from planpush.db import db, now
from planpush.models.authorization_code import AuthorizationCode
from planpush.models.client import Client
from planpush.models.comment import Comment
from planpush.models.delivery import Delivery
from planpush.models.device_code import DeviceCode
from planpush.models.draft import Draft
from planpush.models.grant import Grant
from planpush.models.notice import Notice
from planpush.models.rate_limit import RateLimit
from planpush.models.session import BrowserSession, SignInLink
from planpush.models.setting import Setting, settings
from planpush.models.spent import Spent
from planpush.models.token import Token
from planpush.models.viewer import Viewer
from planpush.models.webhook import Webhook


def sweep() -> None:
    """Delete what is over: sessions, codes, tokens, deleted words; seal with the newest key."""
    oldest = now() - timedelta(seconds=settings().session_max_age)
    db.session.execute(delete(BrowserSession).where(BrowserSession.created_at < oldest))
    db.session.execute(delete(SignInLink).where(SignInLink.expires_at < now()))
    for kind in (
        DeviceCode, AuthorizationCode, Token, Grant, Client, RateLimit, Spent, Draft, Viewer,
        Comment, Delivery, Notice,
    ):  # fmt: skip
        kind.sweep()
    Setting.reseal()
    Webhook.reseal()
