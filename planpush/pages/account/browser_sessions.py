"""Where a person is signed in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, render_template

from planpush.accounts.identity import PROVIDER_NAMES
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.user import own
from planpush.accounts.user_agent import device, is_phone
from planpush.signin.pages import destroy as sign_out
from planpush.web.auth import current_user
from planpush.web.responses import changed, wants_fragment

browser_sessions = Blueprint("browser_sessions", __name__)


@browser_sessions.get("/settings/sessions")
def index() -> Response:
    """Answer the browsers that a person is signed in with."""
    html = render_template("browser_sessions/index.html", user=current_user(), **_list())
    return Response(html, mimetype="text/html")


@browser_sessions.delete("/settings/sessions")
@browser_sessions.delete("/settings/sessions/<id:session_id>")
def destroy(session_id: int | None = None) -> Any:
    """End one session, or all but this one. Ending this one is signing out."""
    if session_id is None:
        BrowserSession.end_others(current_user(), but=g.browser_session.id)
        return _changed("All other browsers are signed out.")
    ended = own(BrowserSession, current_user(), session_id)
    if ended.id == g.browser_session.id:
        return _onward(sign_out())
    ended.end()
    return _changed("That browser is signed out.")


def _changed(said: str) -> Response:
    template = "browser_sessions/destroy.htmx.html"
    return changed(template, page="/settings/sessions", said=said, **_list())


def _onward(answer: Any) -> Any:
    """Let htmx leave the page, too: it would swap in what the redirect leads to."""
    if wants_fragment():
        answer.headers["HX-Redirect"] = answer.headers.pop("Location")
        answer.status_code = 200
    return answer


def _list() -> dict[str, Any]:
    return {
        "sessions": BrowserSession.of(current_user()),
        "here": g.browser_session.id,
        "device": device,
        "is_phone": is_phone,
        "provider_names": PROVIDER_NAMES,
    }
