"""Security headers."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from planpush.web.auth import config

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action {targets}; object-src 'none'; "
    "base-uri 'none'; frame-ancestors {ancestors}; require-trusted-types-for 'script'; "
    "trusted-types htmx"
)
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_HOST = re.compile(r"[a-z0-9.-]+(?::[0-9]+)?|\[[0-9a-f:]+\](?::[0-9]+)?")


def init_headers(app: Flask) -> None:
    """Send the policy with every answer, fragments too."""
    app.after_request(_protect)


def framable_by(address: str) -> None:
    """Let pages of that address's origin, and of no other, show this answer in a frame."""
    g.ancestors = _origin(address)


def _origin(address: str) -> str:
    """Return the origin of an address as a policy has it; nothing if it cannot stand in one."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2].lower()
    fine = parts.scheme in ("http", "https") and _HOST.fullmatch(host)
    return f"{parts.scheme}://{host}" if fine else ""


def _targets() -> str:
    """Return where a form may lead: here, and from here to a provider of sign-ins.

    Signing out, and connecting an account, are forms whose answer is a redirect, which browsers
    hold against this list, too.
    """
    found = g.get("settings")
    if found is None:  # no page with a form: they all know the settings
        return "'self'"
    issuer, known = current_app.extensions.get("planpush_form_targets", ("", ()))
    there = {"github": (found.github_url,), "okta": (found.okta_issuer,)}
    if issuer == found.okta_issuer:
        there["okta"] += known
    origins = {_origin(one) for name in found.providers for one in there.get(name, ())}
    origins |= set(g.get("form_targets", ()))  # a client's, on the page that asks for it
    return " ".join(["'self'", *sorted(origins - {""})])


def _protect(response: Response) -> Response:
    headers = response.headers
    if "Content-Security-Policy" not in headers:
        ancestors = g.get("ancestors") or "'none'"
        policy = _POLICY.format(targets=_targets(), ancestors=ancestors)
        headers.add("Content-Security-Policy", policy)
    headers.update(_FIXED)
    if config().secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if g.get("ancestors"):  # even in a frame of a page that isolates itself
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    if request.endpoint != "static" or response.status_code >= 400:  # a proxy would keep a 404
        headers.setdefault("Cache-Control", "no-store")
    return response
