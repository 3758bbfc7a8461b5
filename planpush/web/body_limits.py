"""Limits what anonymous requests may send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, g, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import ACCESS, PERSONAL, SCIM, Token
from planpush.database.outages import outage
from planpush.web.auth import cookie_name


def is_known(app: Flask, environ: Mapping[str, Any]) -> bool:
    """Tell whether a request names somebody, before its body is read. The app checks it anew."""
    with app.request_context({**environ, "HTTP_HOST": "localhost"}):
        g.writes = False
        cookie = request.cookies.get(cookie_name(), "")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            if cookie and BrowserSession.find(cookie) is not None:
                return True
            found = Token.find(token.strip(), PERSONAL, ACCESS, SCIM)
            return scheme.lower() == "bearer" and found is not None
        except (DBAPIError, PoolTimeout) as error:  # the app says so, too
            if not outage(error):
                raise
            return False
