"""Deliveries: the server hands out its own plugin, with its address baked in."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.content.problem import NotFound
from planpush.integrations.marketplace import archive, marketplace
from planpush.web.auth import config, public

deliveries = Blueprint("deliveries", __name__, url_prefix="/plugin")


@deliveries.get("/marketplace.json")
@public
def index() -> Response:
    """Answer the marketplace file that names the archive and its hash."""
    found = marketplace(config().base_url)
    return _lasting(Response(found.data, mimetype="application/json"), found.sha256)


@deliveries.get("/planpush-<version>.zip")
@public
def show(version: str) -> Response:
    """Answer the plugin as an archive; only the version that this server carries."""
    found = archive(config().base_url)
    if version != found.version:
        raise NotFound("This server carries another version of the plugin.")
    return _lasting(Response(found.data, mimetype="application/zip"), found.sha256)


def _lasting(response: Response, sha256: str) -> Response:
    """Let a client ask whether what it keeps still holds: there is nothing secret in it."""
    response.set_etag(sha256)
    response.headers["Cache-Control"] = "public, no-cache"
    response.make_conditional(request)
    return response
