"""Dynamic client registration (RFC 7591)."""

from __future__ import annotations

import time
from typing import Any

from authlib.consts import default_json_headers
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc7591 import InvalidClientMetadataError, InvalidRedirectURIError
from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from planpush.accounts.clients import CODE, REFRESH_GRANT, Client, is_loopback
from planpush.accounts.tokens import SCOPES
from planpush.errors import TooLarge
from planpush.oauth.server import Server
from planpush.web.parsing import one_line

MOST, LONGEST = 10, 500  # addresses, and their characters
MOST_BYTES = 64 * 1024
UNNAMED = "A client without a name"


class Metadata(BaseModel):
    """What of a client's metadata counts here; whatever else they send is left aside."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    redirect_uris: list[str] = Field(default=[])
    client_name: str | None = None
    grant_types: list[str] | None = None
    response_types: list[str] | None = None
    scope: str | None = None

    @property
    def usable(self) -> list[str]:
        """Return the addresses on the client's own machine, each once.

        Editors name an address of their own on the web besides; nobody is sent there.
        """
        fine = [uri for uri in self.redirect_uris if len(uri) <= LONGEST and is_loopback(uri)]
        return list(dict.fromkeys(fine))[:MOST]

    @property
    def scopes(self) -> str:
        """Return those of the scopes wished for that there are; no wish means all."""
        wished = self.scope.split() if self.scope else SCOPES
        return " ".join(name for name in SCOPES if name in wished) or " ".join(SCOPES)


def registered(server: Server) -> Response:
    """Register the client that asks; answer its metadata, or what is wrong with them."""
    try:
        return server.handle_response(201, _register(_read()), default_json_headers)
    except OAuth2Error as error:
        return server.handle_error_response(None, error)


def _register(found: Metadata) -> dict[str, Any]:
    if found.grant_types is not None and CODE not in found.grant_types:
        raise InvalidClientMetadataError(f"The grant_types are {CODE} and {REFRESH_GRANT}.")
    if found.response_types is not None and "code" not in found.response_types:
        raise InvalidClientMetadataError("The response_types are code.")
    if not found.usable:
        raise InvalidRedirectURIError(
            "The redirect_uris are http addresses of the client's own machine, like "
            "http://127.0.0.1/callback; any port goes."
        )
    client = Client.register(one_line(found.client_name or "")[:100] or UNNAMED, found.usable)
    return {
        "client_id": client.client_id,
        "client_id_issued_at": int(time.time()),
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": [CODE, REFRESH_GRANT],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": found.scopes,
    }


def _read() -> Metadata:
    if len(request.get_data()) > MOST_BYTES:
        raise TooLarge(f"A client's metadata have at most {MOST_BYTES} bytes.")
    if request.mimetype != "application/json":
        raise InvalidClientMetadataError("Send JSON, as Content-Type: application/json.")
    try:
        return Metadata.model_validate_json(request.get_data())
    except ValidationError as error:
        place = [str(part) for part in error.errors(include_url=False)[0]["loc"][:1]]
        if place == ["redirect_uris"]:
            raise InvalidRedirectURIError("The redirect_uris are a list of addresses.") from None
        named = place[0] if place else "The body"
        raise InvalidClientMetadataError(f"{named} is not as RFC 7591 has it.") from None
