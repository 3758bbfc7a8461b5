"""Health: is the process alive, and can it do its work."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.web.auth import public
from planpush.web.standing import answer, troubles

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
