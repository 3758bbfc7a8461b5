"""PATCH and DELETE from plain forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

_ALLOWED = frozenset({"PATCH", "DELETE"})
_PROGRAMS = ("/api/", "/scim/")


class MethodOverride:
    """WSGI middleware: turns such a POST into what it stands for."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request."""
        query = environ.get("QUERY_STRING", "")
        if environ.get("REQUEST_METHOD") == "POST" and "_method=" in query:
            wanted = parse_qs(query).get("_method", [""])[-1].upper()
            if wanted in _ALLOWED and not environ.get("PATH_INFO", "").startswith(_PROGRAMS):
                environ["REQUEST_METHOD"] = wanted
        return self.app(environ, start_response)
