"""Signs people in with an OpenID Connect provider."""

from __future__ import annotations

import logging
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from authlib.integrations.requests_client import OAuth2Session
from flask import session, url_for

from planpush.accounts.identity import Profile
from planpush.channels.http import Answer, Unavailable, ask, garbage
from planpush.errors import Malformed
from planpush.settings.store import settings
from planpush.signin.oidc.claims import missing, profile_of, userinfo
from planpush.signin.oidc.provider import WHO, Provider, discover, provider
from planpush.signin.oidc.tokens import check_id_token, opened, refused, text_of

log = logging.getLogger("planpush")

SCOPES = ("openid", "email", "profile", "groups")
_AGAIN = "Start again from the sign-in page."
_OURS = ("invalid_client", "unauthorized_client")  # errors that only an operator can mend
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back, and their session at the provider, for single logout."""

    profile: Profile
    issuer: str
    sid: str
    id_token: str


class _Client(OAuth2Session):  # type: ignore[misc]
    """Authlib's client, made for one request. Its one call is bounded, and follows no redirect."""

    def request(
        self, method: str, url: str, data: Any = None, headers: Any = None, auth: Any = None,
        **_options: Any,
    ) -> Answer:  # fmt: skip
        """Return the provider's answer. Raises `Unavailable`."""
        return ask(WHO, method, url, auth=auth, headers=headers, data=data)

    def parse_response_token(self, resp: Answer) -> dict[str, Any]:
        """Return what the token endpoint gave. Raises `Malformed`, `Unavailable`."""
        told = resp.json if isinstance(resp.json, dict) else {}
        error = told.get("error")
        if isinstance(error, str):
            log.warning("%s refuses a code: %s", WHO, word(error))
            raise _refusal(word(error))
        if resp.status != 200 or not told:
            raise garbage(WHO)
        return told


def _refusal(error: str) -> Malformed | Unavailable:
    if error in _OURS:
        text = f"{WHO} does not know this server ({error}). Tell its operator."
        return Unavailable(text, status=502, code=error)
    return Malformed(f"{WHO} did not take the sign-in ({error}). {_AGAIN}", code=error[:40])


def word(told: str) -> str:
    """Return what somebody else calls an error as one short word."""
    kept = (mark for mark in told[:60] if mark.isascii() and (mark.isalnum() or mark in "_-"))
    return "".join(kept) or "unknown"


def _client(there: Provider) -> _Client:
    """Return Authlib's client for the settings in force."""
    made = _Client(
        client_id=settings().okta_client_id,
        client_secret=settings().okta_client_secret or None,
        token_endpoint_auth_method=_auth_method(there),
        scope=[name for name in SCOPES if name == "openid" or name in (there.scopes or SCOPES)],
        redirect_uri=url_for("okta_sign_ins.create", _external=True),
        code_challenge_method="S256",
    )
    made.register_client_auth_method(("client_secret_basic", _basic))
    return made


def _auth_method(there: Provider) -> str:
    if not settings().okta_client_secret:
        return "none"
    only_post = there.auth_methods and "client_secret_basic" not in there.auth_methods
    return "client_secret_post" if only_post else "client_secret_basic"


def _basic(client: Any, _method: str, uri: str, headers: Any, body: Any) -> tuple[Any, Any, Any]:
    """Add name and secret, encoded as RFC 6749 (2.3.1) has it: Authlib leaves that out."""
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
    return uri, headers, body


def set_out(login_hint: str = "") -> str:
    """Return where to send the browser, and keep what its return is checked by.

    The provider is asked each time, so that an outage is told here. Raises `Unavailable`.
    """
    there = discover()
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    session["okta"] = kept | {"issuer": there.issuer}
    hint = {"login_hint": login_hint} if login_hint else {}
    url, _state = _client(there).create_authorization_url(
        there.authorization_endpoint,
        state=kept["state"],
        nonce=kept["nonce"],
        code_verifier=kept["verifier"],
        **hint,
    )
    return str(url)


def come_back(sent: Mapping[str, str]) -> Arrival:
    """Return who arrives with what the browser brings. Raises `Malformed`, `Unavailable`."""
    kept = session.pop("okta", None)
    if kept is None or sent.get("state") != kept["state"]:
        raise Malformed(f"This sign-in was not started here, or is over. {_AGAIN}", code="no_flow")
    if kept["issuer"] != settings().okta_issuer:
        raise Malformed(f"The settings changed meanwhile. {_AGAIN}", code="settings_changed")
    there = provider()
    if sent.get("iss", there.issuer) != there.issuer or (there.names_itself and "iss" not in sent):
        raise Malformed(f"Somebody else sent you back here. {_AGAIN}", code="wrong_issuer")
    if "error" in sent:
        error = word(sent["error"])
        raise Malformed(f"{WHO} did not sign you in ({error}). {_AGAIN}", code=error[:40])
    code = sent.get("code", "")
    if not 0 < len(code) <= _LONGEST or not code.isprintable():
        raise Malformed(f"{WHO} sent no code. {_AGAIN}", code="no_code")
    return _redeem(there, kept, code)


def _redeem(there: Provider, kept: Mapping[str, str], code: str) -> Arrival:
    told = _client(there).fetch_token(
        there.token_endpoint,
        grant_type="authorization_code",
        code=code,
        code_verifier=kept["verifier"],
    )
    id_token, access_token = told.get("id_token"), told.get("access_token")
    if not isinstance(id_token, str):
        raise refused("no_id_token", "there is no ID token")
    access_token = access_token if isinstance(access_token, str) else ""
    token, ours = opened(id_token, there), settings().okta_client_id
    check_id_token(token, there, client_id=ours, nonce=kept["nonce"], access_token=access_token)
    claims = dict(token.claims)
    if missing(claims):
        claims = userinfo(there, access_token, claims)
    profile, sid = profile_of(claims, there.issuer), text_of(token.claims, "sid")
    return Arrival(profile=profile, issuer=there.issuer, sid=sid, id_token=id_token)
