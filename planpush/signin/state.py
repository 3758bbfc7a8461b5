"""What a sign-in keeps between its start and its return.

Flask's `session`, kept for ten minutes in an encrypted cookie of its own. It is no sign of who
somebody is: browser sessions are rows of our own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin

from planpush.database.encryption import seal, unseal
from planpush.web.auth import config

LIFETIME = 600  # seconds
_PURPOSE = "sign-in flow"
_LARGEST = 3500


class FlowCookie(SessionInterface):
    """Seals the session with SECRET_KEY; a cookie that is forged, old or too large is empty."""

    session_class: Callable[..., Any] = SecureCookieSession

    def get_cookie_name(self, _app: Flask) -> str:
        """Return the cookie's name."""
        return "__Host-planpush-flow" if config().secure else "planpush-flow"

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Return what the browser brings back."""
        sealed = request.cookies.get(self.get_cookie_name(app), "")
        text = unseal(sealed, _PURPOSE, seconds=LIFETIME) if sealed else None
        return SecureCookieSession(json.loads(text) if text else None)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie if it changed, and take it back once it is empty."""
        name = self.get_cookie_name(app)
        kept: dict[str, Any] = {"path": "/", "secure": config().secure, "httponly": True}
        if not session.modified:
            return
        if not session:
            response.delete_cookie(name, samesite="Lax", **kept)
            return
        sealed = seal(json.dumps(dict(session)), _PURPOSE)
        if len(sealed) <= _LARGEST:
            response.set_cookie(name, sealed, max_age=LIFETIME, samesite="Lax", **kept)
