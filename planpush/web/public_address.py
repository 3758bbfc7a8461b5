"""The public address (BASE_URL) of every absolute URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

ASKED = "planpush.host"  # in the environment: the Host header as it came


class PublicAddress:
    """WSGI middleware: requests appear to have been sent to `base_url`.

    So no library that builds an address from the request (Flask-Dance, Authlib, SCIM) can be led
    elsewhere by a forged Host or X-Forwarded-Host header.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], base_url: str) -> None:
        parts = urlsplit(base_url)
        self.app, self.scheme, self.host = app, parts.scheme, parts.netloc

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request."""
        environ[ASKED] = environ.get("HTTP_HOST", "")
        environ["HTTP_HOST"], environ["wsgi.url_scheme"] = self.host, self.scheme
        environ.pop("HTTP_X_FORWARDED_HOST", None)
        return self.app(environ, start_response)
