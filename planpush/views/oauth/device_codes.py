"""Device codes: a terminal asks for one (RFC 8628)."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.web.auth import oauth
from planpush.web.limits import limited
from planpush.web.oauth import server

device_codes = Blueprint("device_codes", __name__, url_prefix="/oauth")


@device_codes.post("/device_authorization")
@oauth
@limited("device", limit=60, seconds=60, apart=True)
def create() -> Response:
    """Answer a device code, a user code, and where a person types it."""
    return server.answer(lambda: server.create_endpoint_response("device_authorization"))
