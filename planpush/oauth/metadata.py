"""Server metadata (RFC 8414, RFC 9728)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from planpush.accounts.clients import CODE, DEVICE, REFRESH_GRANT
from planpush.accounts.tokens import SCOPES
from planpush.web.auth import config, oauth

metadata = Blueprint("oauth_metadata", __name__, url_prefix="/.well-known")
resources = Blueprint("oauth_resources", __name__, url_prefix="/.well-known")


@metadata.get("/oauth-authorization-server")
@oauth
def show() -> Response:
    """Answer the authorization server's metadata (RFC 8414)."""
    base = config().base_url
    return jsonify(
        issuer=base,
        authorization_endpoint=f"{base}/oauth/authorize",
        token_endpoint=f"{base}/oauth/token",
        device_authorization_endpoint=f"{base}/oauth/device_authorization",
        revocation_endpoint=f"{base}/oauth/revoke",
        registration_endpoint=f"{base}/oauth/register",
        scopes_supported=list(SCOPES),
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=[DEVICE, CODE, REFRESH_GRANT],
        token_endpoint_auth_methods_supported=["none"],
        revocation_endpoint_auth_methods_supported=["none"],
        code_challenge_methods_supported=["S256"],
        authorization_response_iss_parameter_supported=True,
    )


@resources.get("/oauth-protected-resource", defaults={"resource": ""})
@resources.get("/oauth-protected-resource/<any(mcp, api):resource>")
@oauth
def index(resource: str) -> Response:
    """Answer which server issues the tokens for a part of this one (RFC 9728)."""
    base = config().base_url
    found: dict[str, Any] = {
        "resource": f"{base}/{resource}".rstrip("/"),
        "resource_name": "planpush",
        "authorization_servers": [base],
        "scopes_supported": list(SCOPES),
        "bearer_methods_supported": ["header"],
    }
    return jsonify(found)
