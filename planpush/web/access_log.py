"""Request ids, counters and the access log.

The line names the route, never the address: a slug may be a secret, and a query a token. It names
whoever asked by number.
"""

from __future__ import annotations

import logging
import re
from time import perf_counter
from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy import inspect

from planpush.web.request_id import request_id

log = logging.getLogger("planpush.access")

BEGUN = "planpush.begun"  # in the environment: when the whole request was here, by perf_counter
METHODS = ("GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "PUT")
UNKNOWN = "(none)"
_CONVERTER = re.compile(r"<[^<>:]+:")


def init_access(app: Flask) -> None:
    """Look at each request before anything else does, and at its answer when it is done."""
    app.before_request(_begin)
    app.after_request(_end)
    app.log_exception = _log_late  # type: ignore[method-assign]


def route() -> str:
    """Return the template of the route that this request takes."""
    rule = request.url_rule
    return UNKNOWN if rule is None else route_of(rule.rule)


def route_of(rule: str) -> str:
    """Return a route as it is told: with the names of what varies, without their kinds."""
    return _CONVERTER.sub("<", rule)


def _begin() -> None:
    g.begun = request.environ.get(BEGUN) or perf_counter()


def _end(response: Response) -> Response:
    """Count an answer and write its line."""
    response.headers["X-Request-ID"] = request_id()
    method, status, seconds = _method(), response.status_code, perf_counter() - g.begun
    current_app.extensions["planpush_metrics"].answered(route(), method, status, seconds)
    fields = {
        "method": method,
        "route": route(),
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "bytes": _size(response),
        "user": user_id(),
    }
    log.info("request", extra={"fields": fields})
    return response


def _size(response: Response) -> int | None:
    size = response.content_length
    if size is None and response.is_sequence:  # to measure what is streamed would gather all of it
        size = response.calculate_content_length()
    return size


def _method() -> str:
    return request.method if request.method in METHODS else "OTHER"


def user_id() -> int | None:
    """Return the number of whoever asks; of a row that is not looked at anew, as it may be gone."""
    user = g.get("user")
    identity = None if user is None else inspect(user).identity
    return None if identity is None else int(identity[0])


def _log_late(exc_info: Any) -> None:
    """Log what failed after a view had answered: at the commit, say."""
    logging.getLogger("planpush").error("unexpected error, %s", route(), exc_info=exc_info)
