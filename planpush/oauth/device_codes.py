"""Issues device codes (RFC 8628)."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.oauth.endpoints import server
from planpush.web.auth import oauth
from planpush.web.rate_limits import limited

device_codes = Blueprint("device_codes", __name__, url_prefix="/oauth")


@device_codes.post("/device_authorization")
@oauth
@limited("device", limit=60, seconds=60, apart=True)
def create() -> Response:
    """Answer a device code, a user code, and where a person types it."""
    return server.answer(lambda: server.create_endpoint_response("device_authorization"))
