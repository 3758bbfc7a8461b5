"""Revokes tokens (RFC 7009)."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.oauth.endpoints import server
from planpush.web.auth import oauth
from planpush.web.rate_limits import limited

revocations = Blueprint("oauth_revocations", __name__, url_prefix="/oauth")


@revocations.post("/revoke")
@oauth
@limited("oauth-revoke", limit=120, seconds=60, apart=True, audit="token.refused")
def create() -> Response:
    """End a token; one that is unknown is ended already."""
    return server.answer(lambda: server.create_endpoint_response("revocation"))
