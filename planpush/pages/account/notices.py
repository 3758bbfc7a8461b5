"""The inbox."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from planpush.database.session import writes
from planpush.notifications.inbox import Inbox
from planpush.notifications.notices import Notice
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed, number

notices = Blueprint("notices", __name__)


@notices.get("/notices")
def index() -> Response:
    """Answer a page of a person's notices, the newest first; `?before=` has the older ones."""
    html = render_template("notices/index.html", **inbox())
    return Response(html, mimetype="text/html")


@notices.get("/notices/<id:notice_id>")
@writes
def show(notice_id: int) -> Any:
    """Mark a notice as read, and lead to what it is about. A HEAD is no reading."""
    notice, slug = Notice.find(current_user(), notice_id)
    if request.method == "GET":
        notice.read()
    thread = f"?thread={notice.thread_id}#t{notice.thread_id}" if notice.thread_id else ""
    return redirect(f"/p/{slug}{thread}")


@notices.patch("/notices")
@limited("notice", limit=300, seconds=60)
def update() -> Response:
    """Mark everything as read that the page showed or could have."""
    until = number("until", source=request.form)
    Notice.read_all(current_user(), until=until or 0)
    return listed("All read.")


def listed(said: str, status: int = 200) -> Response:
    """Answer the list as it is now, and the bell."""
    return changed("notices/update.htmx.html", page=address(), status=status, said=said, **inbox())


def address() -> str:
    """Return the page of notices that a form was sent from."""
    before = _before()
    return f"/notices?before={before}" if before else "/notices"


def inbox() -> dict[str, Any]:
    """Return what the list of notices is rendered from."""
    user = current_user()
    return {"user": user, "inbox": Inbox.of(user, _before())}


def told(name: str) -> str:
    """Return what a form of the page said; htmx puts it into the address of a DELETE."""
    return request.form.get(name) or request.args.get(name, "")


def _before() -> int | None:
    return number("before", source={"before": told("before")})
