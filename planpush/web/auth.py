"""Authenticates a request by cookie or bearer token."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, g, request

from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import ACCESS, PERSONAL, SCIM, Token
from planpush.accounts.user import User
from planpush.config import Config
from planpush.database.session import SAFE_METHODS, afterwards, db, outlives_refusal
from planpush.errors import Forbidden, Problem
from planpush.events.event import Event, came_from
from planpush.settings.store import settings
from planpush.web.request_id import request_id

View = TypeVar("View", bound=Callable[..., Any])
MOST_SCIM = 1_000_000  # bytes of a directory's request
MOST_FORM = 500_000  # bytes of a form: each of its fields costs, however short it is
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Unauthenticated(Problem):
    """401: nobody is signed in, or the token is not one of ours."""

    def __init__(self, detail: str = "Sign in first.") -> None:
        super().__init__(detail=detail, status=401, code="unauthenticated")


def init_auth(app: Flask) -> None:
    """Deny by default: every view needs a person unless it says `public`."""
    app.before_request(_admit)


def public(view: View) -> View:
    """Mark a view that answers people who are not signed in."""
    view.public = True  # type: ignore[attr-defined]
    return view


def scope(name: str) -> Callable[[View], View]:
    """Name the scope that a token needs for an API view."""

    def mark(view: View) -> View:
        view.scope = name  # type: ignore[attr-defined]
        return view

    return mark


def prepares(view: View) -> View:
    """Mark a view that works before it writes, and says itself when it does: `begin_writing`."""
    view.prepares = True  # type: ignore[attr-defined]
    return view


def signed(view: View) -> View:
    """Mark a view for a program that brings a signed message: with it, no cookie counts."""
    view.signed = True  # type: ignore[attr-defined]
    return public(view)


def oauth(view: View) -> View:
    """Mark a view for OAuth clients: the request is all that counts, and errors are RFC 6749's."""
    view.oauth = True  # type: ignore[attr-defined]
    return public(view)


def quiet(view: View) -> View:
    """Mark a view that an open page asks by itself: it is no sign of a person's presence."""
    view.quiet = True  # type: ignore[attr-defined]
    return view


def begin_writing() -> None:
    """Let this request's next transaction write. Raises 401 if its token was revoked meanwhile."""
    db.session.rollback()
    g.writes = True
    if g.get("token") is not None and not g.token.is_live:
        raise Unauthenticated("This token was revoked a moment ago.")


def config() -> Config:
    """Return the running app's configuration."""
    found: Config = current_app.extensions["planpush_config"]
    return found


def current_user() -> User:
    """Return who is asking. Raises `Unauthenticated` when nobody is."""
    if g.get("user") is None:
        raise Unauthenticated
    user: User = g.user
    return user


def is_api() -> bool:
    """Tell whether this request is a program's: it gets JSON, and no cookie counts."""
    return request.path.startswith("/api/")


def is_scim() -> bool:
    """Tell whether this request is a directory's: SCIM in, SCIM out, and no cookie counts."""
    return request.path.startswith("/scim/")


def is_mcp() -> bool:
    """Tell whether this request is an MCP client's: JSON-RPC in and out, and no cookie counts."""
    return request.path == "/mcp"


def cookie_name() -> str:
    """Return the session cookie's name; the prefix makes browsers insist on https and one host."""
    return "__Host-planpush" if config().secure else "planpush"


def sign_in(response: Response, user: User, *, provider: str, **there: str) -> Response:
    """Start a fresh session for `user`; whatever the browser brought before is ended.

    `there` is the provider's side of it: issuer, sid, id_token.
    """
    if g.get("browser_session") is not None:
        g.browser_session.end()
    secret = BrowserSession.start(
        user,
        provider=provider,
        address=request.remote_addr or "",
        agent=request.user_agent.string,
        **there,
    )
    response.set_cookie(
        cookie_name(),
        secret,
        max_age=settings().session_max_age,
        secure=config().secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def _admit() -> None:
    g.user = g.browser_session = g.token = None
    if request.mimetype in _FORMS:
        request.max_content_length = MOST_FORM
    came_from(request.remote_addr or "", request_id()[:32])
    view = current_app.view_functions.get(request.endpoint or "")
    g.quiet = getattr(view, "quiet", False)
    if view is None or request.endpoint == "static" or request.blueprint == "health":
        return
    if is_api():
        _admit_agent(view)
    elif is_scim():
        _admit_directory()
    elif is_mcp():
        _admit_client()
    elif not _brings_message(view):
        _admit_browser(view)
    if request.method not in SAFE_METHODS:
        # Read the body first: whoever sends it slowly must not hold the write lock meanwhile.
        db.session.rollback()
        request.get_data(parse_form_data=True)
        g.writes = not getattr(view, "prepares", False) and not _is_search()
        if g.token is not None and not g.token.is_live:  # revoked while the body was on its way
            raise Unauthenticated("This token was revoked a moment ago.")


def _brings_message(view: Callable[..., Any]) -> bool:
    if getattr(view, "oauth", False):
        return True
    if not getattr(view, "signed", False):
        return False
    return "logout_token" in request.form or "Authorization" in request.headers


def _admit_agent(view: Callable[..., Any]) -> None:
    if getattr(view, "public", False):
        return
    token = _bearer_token((PERSONAL, ACCESS), other=(SCIM,))
    g.user = token.user
    needed = getattr(view, "scope", None)
    if needed is None or needed not in token.scopes:
        raise Forbidden(f"This token lacks the scope {needed}.", code="insufficient_scope")


def _admit_client() -> None:
    base = config().base_url
    if request.headers.get("Origin", base) != base:  # a page elsewhere, by a name it rebound
        raise Forbidden(f"Pages of {base} only may call this.", code="origin")
    g.user = _bearer_token((PERSONAL, ACCESS), other=(SCIM,)).user


def _admit_directory() -> None:
    request.max_content_length = MOST_SCIM
    token = _bearer_token((SCIM,), other=(PERSONAL, ACCESS))
    if request.method not in SAFE_METHODS and not _is_search():
        what = f"{request.method} {quote(request.path)}"
        data = {"token": token.name}
        outlives_refusal(lambda: Event.record("scim.refused", by=None, target=what, data=data))


def _is_search() -> bool:
    return is_scim() and request.path.endswith("/.search")


def _bearer_token(kinds: tuple[str, ...], *, other: tuple[str, ...]) -> Token:
    """Return the token of this request. Raises 401, and 403 for one of the `other` kinds."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip() if scheme.lower() == "bearer" else ""
    token = Token.find(secret, *kinds)
    if token is None and Token.find(secret, *other) is not None:
        raise Forbidden("This token is valid, but of another kind.", code="wrong_token")
    if token is None:
        raise Unauthenticated(
            "Send a valid token as Authorization: Bearer …; make one and try again."
        )
    g.token = token
    if token.needs_touch:
        afterwards(partial(Token.touch, token.id))
    return token


def _admit_browser(view: Callable[..., Any]) -> None:
    secret = request.cookies.get(cookie_name(), "")
    found = BrowserSession.find(secret) if secret else None
    if found is not None:
        g.browser_session, g.user = found, found.user
        if found.needs_touch and not g.quiet:
            afterwards(partial(BrowserSession.touch, found.id))
    elif not getattr(view, "public", False):
        raise Unauthenticated


def own_path(target: str) -> str:
    """Return `target` if browsers take it for a path of this site, else the start."""
    plain = target.isprintable() and "\\" not in target and target.startswith("/")
    if not plain or target.startswith("//") or any(mark.isspace() for mark in target):
        return "/dashboard"
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else "/dashboard"
