"""Registers a client."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.oauth.endpoints import server
from planpush.oauth.registration import registered
from planpush.web.auth import oauth
from planpush.web.rate_limits import limited

clients = Blueprint("oauth_clients", __name__, url_prefix="/oauth")


@clients.post("/register")
@oauth
@limited("oauth-register", limit=20, seconds=60, apart=True)
def create() -> Response:
    """Answer the client's id, and what of its metadata counts."""
    return registered(server)
