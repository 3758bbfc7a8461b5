"""Single logout, back-channel logout and Okta's Universal Logout."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from authlib.common.urls import add_params_to_uri
from flask import session, url_for

from planpush.channels.http import Unavailable, hurry
from planpush.database.session import now
from planpush.errors import Malformed, Problem
from planpush.settings.store import settings
from planpush.signin.oidc.provider import provider
from planpush.signin.oidc.tokens import (
    LEEWAY,
    LONGEST,
    Token,
    check_origin,
    check_time,
    moment,
    opened,
    refused,
    text_of,
)

BACK_CHANNEL = "http://schemas.openid.net/event/backchannel-logout"
_TYPES = {"back": "logout+jwt", "universal": "global-token-revocation+jwt"}
_OLDEST = 600  # seconds since a message was signed: it tells of something that happened just now
_LONGEST_HINT = 6000  # of an ID token in an address: servers in between take no longer ones
_PATIENCE = 2.0  # seconds that somebody who is signed out already waits for the provider


@dataclass(frozen=True, slots=True)
class Message:
    """What the provider demands: whose session ends, or all of somebody's; and its own name."""

    issuer: str
    sid: str
    subject: str
    jti: str
    until: datetime


def goodbye(issuer: str, id_token: str) -> str:
    """Return where to end the session at the provider, too; nothing if that cannot be.

    Whoever comes here is signed out already: no failure of the provider keeps them waiting.
    """
    if "okta" not in settings().providers or not issuer or issuer != settings().okta_issuer:
        return ""
    hurry(_PATIENCE)
    try:
        there = provider(however_old=True)
    except Unavailable:
        return ""
    if not there.end_session_endpoint:
        return ""
    session["signing_out"] = state = secrets.token_urlsafe(24)
    params = [
        ("id_token_hint", id_token),
        ("post_logout_redirect_uri", url_for("sign_ins.done", _external=True)),
        ("state", state),
        ("client_id", settings().okta_client_id),
    ]
    if not 0 < len(id_token) <= _LONGEST_HINT:
        del params[0]
    return str(add_params_to_uri(there.end_session_endpoint, params))


def back_channel(logout_token: str) -> Message:
    """Return what a logout token demands: Back-Channel Logout 1.0, 2.6. Raises `Malformed`."""
    there = provider(stranger=True)
    token = opened(logout_token, there, typ=_TYPES["back"], stranger=True)
    claims = token.claims
    check_origin(claims, there.issuer, settings().okta_client_id)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(BACK_CHANNEL), dict):
        raise refused("wrong_event", "it does not speak of a logout")
    if "nonce" in claims:
        raise refused("has_nonce", "it has a nonce, as only an ID token may")
    whom = {name: text_of(claims, name) for name in ("sid", "sub") if name in claims}
    if not whom or not all(whom.values()):
        raise refused("no_subject")
    return _message(token, there.issuer, sid=whom.get("sid", ""), subject=whom.get("sub", ""))


def universal(authorization: str, address: str) -> Message:
    """Return the message that allows to end all that somebody has here. Raises 401."""
    scheme, _, text = authorization.partition(" ")
    there = provider(stranger=True)
    try:
        if scheme.lower() != "bearer":
            raise refused("malformed_token")
        token = opened(text.strip(), there, typ=_TYPES["universal"], stranger=True)
        check_origin(token.claims, there.issuer, address)
        return _message(token, there.issuer)
    except Malformed as problem:
        raise unauthorized(problem) from None


def unauthorized(problem: Problem) -> Problem:
    """Return the problem of a bearer token that is not accepted."""
    return Problem(problem.detail, status=401, code=problem.code)


def _message(token: Token, issuer: str, *, sid: str = "", subject: str = "") -> Message:
    check_time(token.claims)
    if (moment(token.claims, "iat") or 0.0) < now().timestamp() - _OLDEST:
        raise refused("expired")
    jti = token.claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST or not jti.isprintable():
        raise refused("no_name", "it has no name of its own to tell it from a copy")
    until = datetime.fromtimestamp((moment(token.claims, "exp") or 0.0) + LEEWAY, UTC)
    return Message(issuer, sid, subject, jti, until)


def sub_id(body: Any) -> Mapping[str, str]:
    """Return whom a demand names: `iss` and `sub`, or `email`. Raises `Malformed`."""
    told = body.get("sub_id") if isinstance(body, dict) else None
    told = told if isinstance(told, dict) else {}
    names = {"iss_sub": ("iss", "sub"), "email": ("email",)}.get(str(told.get("format")), ())
    found = {name: text_of(told, name) for name in names}
    if not found or not all(found.values()):
        text = 'Send {"sub_id": {"format": "iss_sub", "iss": …, "sub": …}}, or the format "email".'
        raise Malformed(text, code="malformed_subject")
    return found
