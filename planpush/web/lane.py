"""The fast lane: documents for agents, answered before the app is asked.

It answers only who may have a document, and only with the bytes or a 304; whatever else there is to
say (no such plan, a token that is over, plain bytes, an outage) the app says. The app would give
the same answer, five times as slowly: routing, hooks and objects cost more than the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from time import perf_counter
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from planpush.config import Config
from planpush.db import db
from planpush.models.copy import Copies
from planpush.models.plan import SLUG
from planpush.web.access import BEGUN, note
from planpush.web.headers import fixed, new_nonce, policy
from planpush.web.request_id import id_of

ROUTE = "/api/plans/<slug>/document"
_BEFORE, _AFTER = ROUTE.split("<slug>")
_QUERY = re.compile(r"(?:v=([1-9][0-9]{0,8}))?")


class Lane:
    """WSGI middleware. `inner` is the app that answers everything else."""

    def __init__(self, app: Flask) -> None:
        self.app, self.inner = app, app.wsgi_app
        self.config: Config = app.extensions["planpush_config"]
        with app.app_context():
            self.copies = Copies(db.engine)
            driver: Any = db.engine.dialect.loaded_dbapi
        self.refusals: tuple[type[Exception], ...] = (SQLAlchemyError, driver.Error)
        self.fixed = list(fixed(self.config).items())

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Serve one request."""
        path: str = environ["PATH_INFO"]
        fits = path.endswith(_AFTER) and path.startswith(_BEFORE)
        if fits and environ["REQUEST_METHOD"] == "GET":
            answer = self._answer(path[len(_BEFORE) : -len(_AFTER)], environ, start)
            if answer is not None:
                return answer
        return self.inner(environ, start)

    def _answer(self, slug: str, environ: dict[str, Any], start: Any) -> list[bytes] | None:
        begun = environ.get(BEGUN) or perf_counter()
        scheme, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        query = _QUERY.fullmatch(environ.get("QUERY_STRING", ""))
        takes = _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if scheme != "Bearer" or query is None or not takes or not SLUG.fullmatch(slug):
            return None
        try:
            copy = self.copies.find(secret, slug, int(query[1]) if query[1] else None)
            if copy is None:
                return None
            etag, held = f'"{copy.digest}"', environ.get("HTTP_IF_NONE_MATCH")
            if held not in (None, etag):  # several of them, say, or a weak one
                return None
            body = b"" if held else self.copies.packed(copy)
        except self.refusals:
            return None
        if not (held or body):
            return None
        told = id_of(environ, self.config)
        start("200 OK" if body else "304 NOT MODIFIED", self._headers(etag, body, told))
        note(
            self.app,
            method="GET",
            route=ROUTE,
            status=200 if body else 304,
            seconds=perf_counter() - begun,
            size=len(body),
            user=copy.user_id,
            request_id=told,
        )
        return [body]

    def _headers(self, etag: str, body: bytes, told: str) -> list[tuple[str, str]]:
        own = [
            ("ETag", etag),
            ("Cache-Control", "private, no-cache"),
            ("Vary", "Accept-Encoding"),
            ("Content-Security-Policy", policy(new_nonce())),
            ("X-Request-ID", told),
        ]
        if body:
            own += [
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Encoding", "gzip"),
                ("Content-Length", str(len(body))),
            ]
        return own + self.fixed


@lru_cache(64)
def _takes_gzip(accepted: str) -> bool:
    return bool(parse_accept_header(accepted, Accept)["gzip"] > 0)
