"""Clients: a program registers itself, to send people here later (RFC 7591)."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.web.auth import oauth
from planpush.web.limits import limited
from planpush.web.oauth import server
from planpush.web.oauth_registration import registered

clients = Blueprint("oauth_clients", __name__, url_prefix="/oauth")


@clients.post("/register")
@oauth
@limited("oauth-register", limit=20, seconds=60, apart=True)
def create() -> Response:
    """Answer the client's id, and what of its metadata counts."""
    return registered(server)
