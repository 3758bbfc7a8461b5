"""Security headers on every answer, and the nonce that scripts and htmx elements carry."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import Flask, Response, g, request

from planpush.web.auth import config

_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types htmx"
)


def init_headers(app: Flask) -> None:
    """Send the policy with every answer, fragments too."""
    app.after_request(_protect)


def csp_nonce() -> str:
    """Return this answer's nonce."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(18)
    nonce: str = g.nonce
    return nonce


def nonce_for(etag: str) -> None:
    """Tie the nonce to an ETag: a 304 must name the nonce that the kept page carries.

    It stays unguessable, being keyed, and changes whenever the page does.
    """
    key = config().secret_keys[0].encode()
    g.nonce = hmac.new(key, b"nonce:" + etag.encode(), hashlib.sha256).hexdigest()[:32]


def _protect(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=csp_nonce()))
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if config().secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response
