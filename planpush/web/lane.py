"""The fast lane: documents for agents, answered before the app is asked.

It answers only who may have a document, and only with the bytes or a 304; whatever else there is to
say (no such plan, a token that is over, plain bytes, an outage) the app says. The app would give
the same answer, five times as slowly: routing, hooks and objects cost more than the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from time import perf_counter
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from planpush.config import Config
from planpush.database.session import db
from planpush.plans.document_bytes import Copies, Copy
from planpush.plans.plan import SLUG
from planpush.web.access_log import BEGUN, note
from planpush.web.headers import fixed, policy
from planpush.web.request_id import id_of

ROUTE = "/api/plans/<slug>/document"
_BEFORE, _AFTER = ROUTE.split("<slug>")
_STATUS = {200: "200 OK", 304: "304 NOT MODIFIED"}
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
        with suppress(*self.refusals):  # an outage, say
            found = self._found(slug, environ)
            if found is None:
                return None
            copy, body = found
            status, told = (200 if body else 304), id_of(environ, self.config)
            start(_STATUS[status], self._headers(copy.digest, body, told))
            note(
                self.app,
                method="GET",
                route=ROUTE,
                status=status,
                seconds=perf_counter() - begun,
                size=len(body),
                user=copy.user_id,
                request_id=told,
            )
            return [body]
        return None

    def _found(self, slug: str, environ: dict[str, Any]) -> tuple[Copy, bytes] | None:
        """Return the copy that is asked for, and its bytes, of which a 304 needs none."""
        scheme, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        query = _QUERY.fullmatch(environ.get("QUERY_STRING", ""))
        takes = _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if scheme != "Bearer" or query is None or not takes or not SLUG.fullmatch(slug):
            return None
        copy = self.copies.find(secret, slug, int(query[1]) if query[1] else None)
        held = environ.get("HTTP_IF_NONE_MATCH")
        if copy is None:
            return None
        if held == f'"{copy.digest}"':
            return copy, b""
        body = b"" if held else self.copies.packed(copy)  # several are held, say, or a weak one
        return (copy, body) if body else None

    def _headers(self, digest: str, body: bytes, told: str) -> list[tuple[str, str]]:
        own = [
            ("ETag", f'"{digest}"'),
            ("Cache-Control", "private, no-cache"),
            ("Vary", "Accept-Encoding"),
            ("Content-Security-Policy", policy()),
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
