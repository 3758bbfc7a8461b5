"""A person allows or denies what a client asks for."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request

from planpush.accounts.device_codes import ALLOW, DENY
from planpush.accounts.tokens import SCOPE_WORDS
from planpush.oauth.authorization_code import CodeGrant, consented
from planpush.oauth.endpoints import server
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited

authorizations = Blueprint("authorizations", __name__, url_prefix="/oauth")
# What the form carries on from the address; everything is checked again when it comes back.
CARRIED = (
    "response_type", "client_id", "redirect_uri", "scope", "state",
    "code_challenge", "code_challenge_method", "resource",
)  # fmt: skip


@authorizations.get("/authorize")
def new() -> Response:
    """Answer who asks for what, and the two ways to answer."""
    return consented(server, _ask)


@authorizations.post("/authorize")
@limited("authorize", limit=60, seconds=60)
def create() -> Response:
    """Send the browser back to the client with the decision; without one, ask again."""
    return consented(server, _decide)


def _decide(grant: CodeGrant) -> Response:
    decision = request.form.get("decision", "")
    if decision not in (ALLOW, DENY):
        return _ask(grant)
    by = current_user()
    return grant.allow(by) if decision == ALLOW else grant.deny(by)


def _ask(grant: CodeGrant) -> Response:
    told = grant.request.payload
    html = render_template(
        "authorizations/new.html",
        user=current_user(),
        client=grant.request.client,
        host=urlsplit(grant.redirect_uri).netloc,
        scopes=[SCOPE_WORDS[name] for name in grant.request.scope.split()],
        fields=[(name, value) for name in CARRIED for value in told.datalist[name]],
    )
    return Response(html, mimetype="text/html")
