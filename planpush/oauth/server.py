"""Authlib's authorization server on our requests and tables.

Parameters come in the body, once each (RFC 6749 §3.2, RFC 9700 §4.3.2). What is refused is told in
RFC 6749's words, and leaves a row in the audit log.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import partial
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error, OAuth2Payload
from flask import Response, json, request

from planpush.accounts.clients import DEVICE, Client
from planpush.accounts.grants import Grant
from planpush.database.session import outlives_refusal
from planpush.web.rate_limits import noted

AUDITED = frozenset({"/oauth/token", "/oauth/revoke"})
PATIENT = frozenset({"authorization_pending", "slow_down"})  # no refusals: the client asks on
_FOREIGN = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")  # RFC 6749 §5.2 keeps them out
_NAME = re.compile(r"[a-z_]{1,40}")
WORDS = {
    "invalid_client": "Send the client_id of a known client in the body, and no secret.",
    "invalid_grant": "This code or token is unknown, used, ended, or another client's.",
    "unauthorized_client": "This is not for this client: it asked for something else.",
    "access_denied": "The person said no.",
    "expired_token": "Nobody answered in time: ask for a new code.",
    "authorization_pending": "Nobody has answered yet: ask again after the interval.",
    "slow_down": "Too soon: wait five seconds longer from now on.",
    "unsupported_grant_type": "This server gives no tokens for a grant of this type.",
    "unsupported_token_type": "The hint is access_token or refresh_token.",
    "invalid_request": "A parameter is missing, or not as it should be.",
}


class Parameters(OAuth2Payload):
    """The parameters of a request; where they may stand, `create_oauth2_request` says."""

    @property
    def data(self) -> Any:
        """Return the first value of every name."""
        return request.values  # of the query, and of the body of a POST

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        """Return every value of every name."""
        return defaultdict(list, {name: self.data.getlist(name) for name in self.data})

    @property
    def client_id(self) -> str | None:
        """Return the client's id; one without a secret may also send it as Basic does."""
        basic = request.authorization
        empty = basic is not None and basic.type == "basic" and basic.password == ""
        found: str | None = self.data.get("client_id", basic.username if basic and empty else None)
        return found

    @property
    def scope(self) -> str:
        """Return the scopes asked for; blanks alone ask for none, so for all that there are."""
        return " ".join(self.data.get("scope", "").split())


class Asked(OAuth2Request):
    """This request as Authlib reads it. Whether plain http will do, our configuration says.

    `family` is what gets the new tokens; `reused` is the id of one that loses all of its own.
    """

    family: Grant | None = None
    reused = 0

    def __init__(self) -> None:
        super().__init__(request.method, "https://localhost", headers=request.headers)
        self.payload = Parameters()

    @property
    def args(self) -> Any:
        """Return the query."""
        return request.args

    @property
    def form(self) -> Any:
        """Return the body."""
        return request.form


class Server(AuthorizationServer):
    """The server; `oauth/endpoints.py` has its grants and endpoints."""

    def query_client(self, client_id: str) -> Client | None:
        """Return a client."""
        return Client.find(client_id)

    def authenticate_client(self, asked: Any, methods: Any, endpoint: str = "token") -> Client:
        """Return the client that asks, and keep it for the audit log."""
        asked.client = super().authenticate_client(asked, methods, endpoint)
        found: Client = asked.client
        return found

    def get_token_grant(self, asked: Any) -> Any:
        """Return what answers this type of grant."""
        if not asked.payload.grant_type:
            raise InvalidRequestError("grant_type is missing.")
        return super().get_token_grant(asked)

    def save_token(self, token: dict[str, Any], asked: Any) -> None:
        """Keep a new pair in the family that it belongs to, and say how long it lasts."""
        scopes = token["scope"].split()
        pair = token["access_token"], token["refresh_token"]
        token["expires_in"] = asked.family.hold(*pair, scopes)

    def create_oauth2_request(self, _request: Any) -> OAuth2Request:
        """Return this request, whose parameters may stand once, and in the body only."""
        asked = Asked()
        if request.method == "POST" and request.args and not _asks_as_oauthlib():
            raise InvalidRequestError("Send every parameter in the body, none in the address.")
        for name, values in asked.payload.datalist.items():
            if len(values) > 1 and name != "resource":
                told = name if _NAME.fullmatch(name) else "A parameter"
                raise InvalidRequestError(f"{told} stands there more than once.")
        return asked

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        """Return an answer."""
        text = json.dumps(body) if isinstance(body, dict) else body
        return Response(text, status=status, headers=headers)

    def handle_error_response(self, asked: Any, error: OAuth2Error) -> Response:
        """Refuse, with a sentence; a failure is noted although the request is rolled back."""
        status, body, headers = error()
        if isinstance(body, dict):
            told = body.get("error_description") or WORDS.get(error.error, error.error)
            told = WORDS[error.error] if error.error == "invalid_client" else told
            body["error_description"], status = _FOREIGN.sub("?", told)[:300], 400
        if error.error == "invalid_client" and "Authorization" in request.headers:
            status, headers = 401, [*headers, ("WWW-Authenticate", 'Basic realm="planpush"')]
        if request.path in AUDITED and error.error not in PATIENT:
            outlives_refusal(partial(_note, error.error, asked))
        return self.handle_response(status, body, headers)

    def send_signal(self, *_told: Any, **_more: Any) -> None:
        """Nobody listens: our events are recorded where they happen."""

    def answer(self, make: Any) -> Response:
        """Return what `make` answers; a request that cannot even be read is refused, too."""
        try:
            response: Response = make()
        except InvalidRequestError as error:
            response = self.handle_error_response(None, error)
        return response


def _asks_as_oauthlib() -> bool:
    """Tell whether its DeviceClient asks for a code: in the address, but there is no secret in it.

    It alone names the type of its grant already here.
    """
    mild = set(request.args) <= {"client_id", "grant_type", "scope"}
    asks = request.path == "/oauth/device_authorization" and mild
    return asks and request.args.get("grant_type") == DEVICE


def _note(word: str, asked: Asked | None) -> None:
    """Keep one row of a refusal: a token that came twice, or whatever else was no good."""
    if asked is not None and asked.reused and Grant.reused(asked.reused):
        return
    client = asked.client.client_id if asked is not None and asked.client else ""
    noted("token.refused", error=word, client=client)
