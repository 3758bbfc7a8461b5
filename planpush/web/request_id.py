"""The id of a request."""

from __future__ import annotations

import re
import secrets

from flask import current_app, g, request

from planpush.config import Config

_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def request_id() -> str:
    """Return this request's id: the proxy's, where there is one that is trusted, else a new one."""
    if "request_id" not in g:
        config: Config = current_app.extensions["planpush_config"]
        sent = request.headers.get("X-Request-ID", "") if config.trusted_proxies else ""
        g.request_id = sent if _WELL_FORMED.fullmatch(sent) else secrets.token_hex(6)
    found: str = g.request_id
    return found
