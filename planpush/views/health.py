"""Health: is the process alive, and can it do its work."""

from __future__ import annotations

from flask import Blueprint, Response
from sqlalchemy import text

from planpush.content.problem import Problem
from planpush.db import db
from planpush.models.schema import is_current
from planpush.web.auth import public

health = Blueprint("health", __name__)


@health.get("/healthz")
@public
def live() -> Response:
    """Answer as long as the process serves; asks nothing of the database."""
    return Response("ok\n", mimetype="text/plain")


@health.get("/readyz")
@public
def ready() -> Response:
    """Answer when the database is there and migrated."""
    db.session.execute(text("SELECT 1"))
    if not is_current():
        raise Problem(
            "The database is not migrated: run planpush migrate.", status=503, code="unready"
        )
    return Response("ready\n", mimetype="text/plain")
