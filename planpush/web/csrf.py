"""Cross-site request forgery protection, by the headers that browsers send.

Every current browser says with each request from where it comes: `Sec-Fetch-Site` over HTTPS and on
loopback, and `Origin` with each request that is no GET. A page of another site can set neither.
"""

from __future__ import annotations

from flask import Flask, g, request

from planpush.database.session import SAFE_METHODS
from planpush.errors import Forbidden
from planpush.web.auth import config, is_api


def init_csrf(app: Flask) -> None:
    """Check every request of a browser session that could change something."""
    app.before_request(_check)


def _check() -> None:
    if request.method in SAFE_METHODS or is_api() or g.get("browser_session") is None:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is None and origin is None:
        raise Forbidden(
            "Your browser didn't say which site sent this request. "
            "Update the browser, or use an API token.",
            code="csrf",
        )
    if site not in (None, "same-origin", "none") or origin not in (None, config().base_url):
        raise Forbidden(
            f"This form was not sent from {config().base_url}. Open planpush at that address.",
            code="csrf",
        )
