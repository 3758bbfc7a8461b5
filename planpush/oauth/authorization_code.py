"""The authorization code grant.

Whatever is wrong with the client or its address is told to the person, on a page; the rest goes
back to the client (RFC 6749 §4.1.2.1). PKCE with S256 is asked of everybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from authlib.oauth2.rfc6749 import (
    AuthorizationCodeGrant,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
)
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Response, g, redirect, request

from planpush.accounts.authorization_codes import AuthorizationCode
from planpush.accounts.clients import Client
from planpush.accounts.tokens import SCOPES
from planpush.accounts.user import User
from planpush.errors import Malformed
from planpush.oauth.server import Server
from planpush.web.auth import config

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST_STATE = 2000
_UNKNOWN = (
    "No program of this id is registered here, or not any more."
    " In the program, sign out and start the sign-in again: it registers anew."
)


class InvalidTargetError(OAuth2Error):
    """The resource is not this server (RFC 8707 §2)."""

    error = "invalid_target"


class UnsupportedResponseTypeError(OAuth2Error):
    """Only codes are given out."""

    error = "unsupported_response_type"


class Proof(CodeChallenge):
    """PKCE's second half, and the resource, once more: what the request for tokens has to bring."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012

    def validate_code_verifier(self, grant: Any, result: Any) -> None:
        """Refuse who does not know the verifier."""
        check_target(grant.request)
        super().validate_code_verifier(grant, result)


class CodeGrant(AuthorizationCodeGrant):
    """Gives codes to clients that a person allows, and tokens for codes."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]  # noqa: RUF012

    def validate_authorization_request(self) -> str:
        """Return where the answer goes. Raises for whoever may not ask, or asks wrongly."""
        told = self.request.payload
        client = Client.find(told.client_id or "")
        if client is None or not client.redirect_uris:
            raise InvalidRequestError(_UNKNOWN)
        address = told.redirect_uri or client.get_default_redirect_uri() or ""
        if not client.check_redirect_uri(address):
            raise InvalidRequestError("The client did not register this redirect_uri.")
        self.request.client, self.redirect_uri = client, address
        try:
            self._check(told)
        except OAuth2Error as error:
            error.redirect_uri = address
            raise
        self.request.scope = client.get_allowed_scope(told.scope)
        return address

    def _check(self, told: Any) -> None:
        if told.response_type != "code":
            raise UnsupportedResponseTypeError("The response_type is code.")
        if told.data.get("response_mode", "query") != "query":
            raise InvalidRequestError("The response_mode is query.")
        if told.data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is needed: the code_challenge_method is S256.")
        if not _CHALLENGE.fullmatch(told.data.get("code_challenge", "")):
            raise InvalidRequestError("The code_challenge is 43 characters of base64url.")
        if not set((told.scope or "").split()) <= set(SCOPES):
            raise InvalidScopeError(f"Scopes are {', '.join(SCOPES)}.")
        if len(told.state or "") > _LONGEST_STATE:
            raise InvalidRequestError(f"The state is longer than {_LONGEST_STATE} characters.")
        check_target(self.request)

    def allow(self, by: User) -> Response:
        """Send the browser back with a code."""
        told = self.request.payload
        code = AuthorizationCode.issue(
            self.request.client,
            self.request.scope.split(),
            by=by,
            session_id=g.browser_session.id,
            redirect_uri=told.redirect_uri or "",
            code_challenge=told.data["code_challenge"],
            address=request.remote_addr or "",
        )
        return back(self.redirect_uri, told.state, code=code)

    def deny(self, by: User) -> Response:
        """Send the browser back with a no."""
        AuthorizationCode.deny(self.request.client, by=by)
        told = {"error": "access_denied", "error_description": "The person said no."}
        return back(self.redirect_uri, self.request.payload.state, **told)

    def query_authorization_code(self, code: str, client: Client) -> AuthorizationCode | None:
        """Return a client's live code. One that was used before ends what it led to."""
        found = AuthorizationCode.find(code, client)
        if found is not None and found.spent_at is not None:
            self.request.reused = found.grant_id or 0
            return None
        return found if found is not None and not found.is_expired() else None

    def authenticate_user(self, code: AuthorizationCode) -> User:
        """Return whose it is."""
        return code.user

    def create_token_response(self) -> Any:
        """Give tokens, once."""
        code = self.request.authorization_code
        self.request.family = code.redeem()
        if self.request.family is None:
            self.request.reused = code.led_to()
            raise InvalidGrantError("This code was used already.")
        return super().create_token_response()

    def delete_authorization_code(self, _code: AuthorizationCode) -> None:
        """It is used up already, and kept, to tell who brings it again."""


def check_target(asked: Any) -> None:
    """Let tokens be asked for this server and its parts only, if a resource is named at all."""
    base = config().base_url
    ours = {base, f"{base}/mcp", f"{base}/api"}
    for resource in asked.payload.datalist["resource"]:
        scheme, mark, rest = resource.partition("://")
        host, slash, path = rest.partition("/")
        if f"{scheme.lower()}{mark}{host.lower()}{slash}{path}".rstrip("/") not in ours:
            raise InvalidTargetError(f"The resource is {base} or a part of it.")


def consented(server: Server, answer: Callable[[CodeGrant], Response]) -> Response:
    """Return what `answer` makes of a request that a person may decide on."""
    grant = None
    try:
        grant = CodeGrant(server.create_oauth2_request(None), server)
        grant.validate_authorization_request()
    except OAuth2Error as error:
        if grant is None or not error.redirect_uri:
            raise Malformed(error.description or error.error) from None
        told = {"error": error.error, "error_description": error.description}
        return back(error.redirect_uri, grant.request.payload.state, **told)
    g.form_targets = [_source(grant.redirect_uri)]
    return answer(grant)


def _source(address: str) -> str:
    """Return a loopback address as a policy has it, which knows no IPv6 address: any, then."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    return "http:" if ":" in host else f"http://{host}{port}"


def back(address: str, state: str | None, **answer: str) -> Response:
    """Return a redirect to a client with an answer, and with who gives it (RFC 9207)."""
    parts = urlsplit(address)
    told = answer | ({"state": state} if state else {}) | {"iss": config().base_url}
    query = "&".join(filter(None, (parts.query, urlencode(told))))
    return redirect(urlunsplit(parts._replace(query=query)), 303)  # type: ignore[return-value]
