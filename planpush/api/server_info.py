"""What this server is."""

from __future__ import annotations

from importlib.metadata import version

from flask import Blueprint, Response, jsonify

from planpush.api.operations import describes
from planpush.api.responses import InfoAnswer
from planpush.settings.store import settings
from planpush.web.auth import config, public

infos = Blueprint("api_infos", __name__, url_prefix="/api")


@infos.get("/info")
@public
@describes({200: InfoAnswer})
def show() -> Response:
    """Answer name, version and ways to sign in; nothing that needs a token."""
    return jsonify(
        name="planpush",
        version=version("planpush"),
        api=1,
        base_url=config().base_url,
        sign_in=list(settings().providers),
        plugin={"marketplace": f"{config().base_url}/plugin/marketplace.json"},
    )
