"""Compression of what is made per request; stored documents are compressed already."""

from __future__ import annotations

from flask import Flask, Response, request
from isal import igzip

_LEAST = 1024
_LEVEL = 1  # 30 µs for 4.6 times fewer bytes; a higher one costs more than it saves
_TYPES = frozenset({"text/html", "application/json", "application/problem+json"})


def init_compress(app: Flask) -> None:
    """Compress text answers for those who take gzip."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.mimetype not in _TYPES or response.direct_passthrough or response.is_streamed:
        return response
    response.vary.add("Accept-Encoding")
    plain = response.get_data()
    taken = request.accept_encodings["gzip"] > 0 and "Content-Encoding" not in response.headers
    if taken and len(plain) >= _LEAST and response.status_code != 304:
        response.set_data(igzip.compress(plain, compresslevel=_LEVEL))
        response.headers["Content-Encoding"] = "gzip"
    return response
