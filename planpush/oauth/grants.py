"""Exchanges codes and refresh tokens for access tokens."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.oauth.endpoints import server
from planpush.web.auth import oauth
from planpush.web.rate_limits import limited

grants = Blueprint("oauth_grants", __name__, url_prefix="/oauth")


@grants.post("/token")
@oauth
@limited("oauth-token", limit=600, seconds=60, apart=True, audit="token.refused")
def create() -> Response:
    """Answer a new pair of tokens."""
    return server.answer(server.create_token_response)
