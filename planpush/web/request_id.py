"""The id of a request."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from flask import current_app, g, request

from planpush.config import Config

_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def request_id() -> str:
    """Return this request's id: the proxy's, where there is one that is trusted, else a new one."""
    if "request_id" not in g:
        config: Config = current_app.extensions["planpush_config"]
        g.request_id = id_of(request.environ, config)
    found: str = g.request_id
    return found


def id_of(environ: Mapping[str, Any], config: Config) -> str:
    """Return an id for the request of a WSGI environment."""
    brought = environ.get("HTTP_X_REQUEST_ID", "") if config.trusted_proxies else ""
    return brought if _WELL_FORMED.fullmatch(brought) else secrets.token_hex(6)
