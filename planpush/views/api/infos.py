"""What this server is."""

from __future__ import annotations

from importlib.metadata import version

from flask import Blueprint, Response, jsonify

from planpush.models.setting import settings
from planpush.web.auth import config, public

infos = Blueprint("api_infos", __name__, url_prefix="/api")


@infos.get("/info")
@public
def show() -> Response:
    """Answer name, version and ways to sign in; nothing that needs a token."""
    return jsonify(
        name="planpush",
        version=version("planpush"),
        api=1,
        base_url=config().base_url,
        sign_in=list(settings().providers),
    )
