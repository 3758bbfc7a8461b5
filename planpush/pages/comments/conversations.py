"""The threads that concern a person."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from planpush.activity.conversations import SHOWS, STATES, Conversations
from planpush.web.auth import current_user
from planpush.web.responses import number, on_invalid

conversations = Blueprint("conversations", __name__)


@conversations.get("/comments")
def index() -> Response:
    """Answer a page of threads; `?show=` and `?state=` narrow it, `?before=` has the older."""
    user, asked = current_user(), request.args
    on_invalid(lambda problem: _page(Conversations.of(user), str(problem)))
    show, state = asked.get("show") or "mine", asked.get("state") or "open"
    return _page(Conversations.of(user, show, state, number("before")))


def address(page: Conversations, **changes: object) -> str:
    """Return the address of a page of threads, with `changes`."""
    state = {"show": page.show, "state": page.state} | changes
    usual = {"show": "mine", "state": "open", "before": None}
    query = urlencode({name: value for name, value in state.items() if value != usual[name]})
    return "/comments" + (f"?{query}" if query else "")


def _page(page: Conversations, error: str = "") -> Response:
    html = render_template(
        "conversations/index.html", page=page, user=current_user(), address=address, error=error,
        shows=SHOWS, states=STATES,
    )  # fmt: skip
    return Response(html, status=422 if error else 200, mimetype="text/html")
