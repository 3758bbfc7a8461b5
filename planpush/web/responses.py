"""Responses to mutations: a fragment for htmx, a redirect for a plain form."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, redirect, render_template, request
from isal import igzip
from werkzeug.routing import BaseConverter

from planpush.accounts.idempotency import IdempotencyKey
from planpush.accounts.user import User
from planpush.errors import Finding, Malformed, Problem

_NOT_SAID = {"shown", "panel", "pins"}  # about the page that sends, not what is sent
_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")


class RowId(BaseConverter):
    """A row's number in an address; what no database column can hold does not match."""

    regex = "[1-9][0-9]{0,8}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)


def wants_fragment() -> bool:
    """Tell whether htmx asked."""
    return bool(request.headers.get("HX-Request"))


def changed(template: str, *, page: str, status: int = 200, **context: Any) -> Response:
    """Answer a mutation: the fragment that shows it, or 303 to the page it belongs to."""
    if not wants_fragment():
        return redirect(page, 303)  # type: ignore[return-value]
    return Response(render_template(template, **context), status=status, mimetype="text/html")


def fragment(template: str, *, push_url: str = "", status: int = 200, **context: Any) -> Response:
    """Answer with a fragment, and with the page address that the browser shows for it."""
    response = Response(render_template(template, **context), status=status, mimetype="text/html")
    if push_url:
        response.headers["HX-Push-Url"] = push_url
    return response


def kept(etag: str, render: Callable[[], str]) -> Response:
    """Answer a page that its reader's browser keeps: made anew only if it has another one."""
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        response = Response(render(), mimetype="text/html")
    response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def claim(user: User) -> Claim:
    """Claim this form's hidden key, so that sending it twice happens once."""
    key = request.form.get("key", "")
    if not key:
        return Claim(True)
    body = hashlib.sha256(request.path.encode())
    for name, value in sorted(request.form.items(multi=True)):
        if name not in _NOT_SAID:
            body.update(f"{name}={value}\0".encode("utf-8", "surrogatepass"))
    row, first = IdempotencyKey.claim(f"form:{key}", body.hexdigest(), by=user)
    return Claim(first, row)


def is_spent(user: User) -> bool:
    """Tell whether this form was sent or cancelled already."""
    return IdempotencyKey.is_used(f"form:{_form_key()}", by=user)


def unspent_key(user: User) -> str:
    """Return this form's hidden key, with which it can be sent again; empty if it was sent."""
    return "" if is_spent(user) else _form_key()


def spend(user: User) -> None:
    """Use up this form's hidden key: it is cancelled, and nothing more is to come of it."""
    if _form_key():
        IdempotencyKey.spend(f"form:{_form_key()}", by=user)


def _form_key() -> str:
    key = request.values.get("key", "")
    return key if _KEY.fullmatch(key) else ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A form's key: is this the first time, and what did the first time make."""

    first: bool
    row: IdempotencyKey | None = None

    @property
    def made(self) -> int | None:
        """Return the id of what the first request made."""
        return self.row.answer.get("id") if self.row else None

    def keep(self, made: int) -> int:
        """Remember and return the id of what this request made."""
        if self.row is not None:
            self.row.remember(201, {"id": made})
        return made


def on_invalid(answer: Callable[[Problem], Response], *statuses: int) -> None:
    """Let `answer` give the form back, as it was typed, should this request end in 422.

    Others of `statuses` are answered likewise, where the page has a place to say so.
    """
    g.on_invalid, g.on_statuses = answer, statuses or (422,)


def number(name: str, *, source: Any = None) -> int | None:
    """Return a whole number from the query or `source`. Raises `Malformed` for anything else."""
    raw = (request.args if source is None else source).get(name, "")
    if raw == "":
        return None
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9:
        message = f"{name} is a whole number"
        raise Malformed(message, [Finding("malformed", message, field=name)])
    return int(raw)


def shown_version() -> int | None:
    """Return the version that the page shows which asks; None is the newest.

    A composer stays open while its page goes on to a newer version: `shown` says which.
    """
    return number("shown", source=request.values) or number("v", source=request.values)


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
