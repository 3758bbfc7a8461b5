"""Metrics: what Prometheus reads, for who brings the token and for this machine itself."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.content.problem import NotFound
from planpush.web.auth import public
from planpush.web.exposition import MIMETYPE
from planpush.web.figures import figures
from planpush.web.metrics import metrics as counted
from planpush.web.peer import may_measure

metrics = Blueprint("metrics", __name__)


@metrics.get("/metrics")
@public
def show() -> Response:
    """Answer with all that is measured; to anybody else there is no such page."""
    if not may_measure():
        raise NotFound
    lines = [*counted().lines(), *figures(), ""]
    return Response("\n".join(lines), content_type=MIMETYPE)
