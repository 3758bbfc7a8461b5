"""Cross-site request forgery protection."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import Flask, g, request

from planpush.database.session import SAFE_METHODS
from planpush.errors import Forbidden
from planpush.web.auth import config, is_api

_SALT = 16


def init_csrf(app: Flask) -> None:
    """Check every mutation that a browser session makes."""
    app.before_request(_check)


def csrf_token() -> str:
    """Return a token of this session, or nothing when nobody is signed in.

    Each answer has one of its own, so that compressed pages do not leak it byte by byte (BREACH).
    """
    if g.get("browser_session") is None:
        return ""
    if "csrf_token" not in g:
        g.csrf_token = _token(config().secret_keys[0], secrets.token_hex(8))
    token: str = g.csrf_token
    return token


def _token(key: str, salt: str) -> str:
    subject = f"csrf:{salt}:{g.browser_session.token_hash}"
    return salt + hmac.new(key.encode(), subject.encode(), hashlib.sha256).hexdigest()


def _check() -> None:
    if request.method in SAFE_METHODS or is_api() or g.get("browser_session") is None:
        return
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    known = any(
        hmac.compare_digest(given.encode(), _token(key, given[:_SALT]).encode())
        for key in config().secret_keys
    )
    if not _same_origin():
        raise Forbidden(
            f"This form was not sent from {config().base_url}. Open planpush at that address.",
            code="csrf",
        )
    if not known:
        raise Forbidden(
            "Your session changed since this page was loaded. Reload the page and try again.",
            code="csrf",
        )


def _same_origin() -> bool:
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    return origin in (None, config().base_url) and site in (None, "same-origin", "none")
