"""Liveness and readiness.

Both answer within two seconds, whatever hangs: the ASGI adapter keeps two threads for them.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from flask import Blueprint, Flask, Response, current_app, request

from planpush.operations.readiness import Finding, Readiness
from planpush.web.auth import public
from planpush.web.draining import is_draining

STUCK = 10.0
"""Seconds that a request waits for a thread when none of them seems to come free any more."""
_STOPPING = Finding("stopping", "The server is stopping.")
_BUSY = Finding("threads", "All threads are busy: requests wait.")
_AGAIN = "5"  # seconds


def init_readiness(app: Flask) -> None:
    """Let this app look whether it is ready."""
    app.extensions["planpush_readiness"] = Readiness(app)


def troubles() -> list[Finding]:
    """Return why nobody is to be sent here now."""
    kept = current_app.extensions
    if is_draining(current_app):
        return [_STOPPING]
    readiness: Readiness = kept["planpush_readiness"]
    adapter = kept.get("planpush_asgi")
    found = readiness.findings()
    return [*found, _BUSY] if adapter is not None and adapter.waiting() > STUCK else found


def answer(found: list[Finding]) -> Response:
    """Return 200, or 503 with what was found: a line each, or JSON for who asks for that."""
    wants = request.accept_mimetypes.best_match(["text/plain", "application/json"])
    if wants == "application/json":
        told = {"ready": not found, "findings": [asdict(one) for one in found]}
        response = Response(json.dumps(told), mimetype="application/json")
    else:
        lines = [one.message for one in found] or ["ready"]
        response = Response("\n".join(lines) + "\n", mimetype="text/plain")
    if found:
        response.status_code = 503
        response.headers["Retry-After"] = _AGAIN
    return response


health = Blueprint("health", __name__)


@health.get("/healthz")
@public
def live() -> Response:
    """Answer as long as the process serves; asks nothing of the database."""
    return Response("ok\n", mimetype="text/plain")


@health.get("/readyz")
@public
def ready() -> Response:
    """Answer when people can be sent here: else 503, with a line per reason."""
    return answer(troubles())
