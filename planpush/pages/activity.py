"""The activity page."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from planpush.activity import last_seen
from planpush.activity.feed import Activity
from planpush.activity.feed_labels import CHIPS
from planpush.database.session import afterwards
from planpush.pages.account.notices import told
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.responses import changed, fragment, number, on_invalid

activity = Blueprint("activity", __name__)


@activity.get("/activity")
def show() -> Response:
    """Answer what happened, newest first; `?show=` narrows it, `?before=` has the older."""
    on_invalid(lambda problem: _page(Activity.of(current_user()), str(problem)))
    user = current_user()
    feed = Activity.of(user, request.args.get("show", ""), number("before"))
    if last_seen.begins(user):
        afterwards(partial(last_seen.note, user.id))
    return _page(feed)


@activity.get("/activity/older")
def index() -> Response:
    """Answer the older ones as a fragment, for the end of the page."""
    feed = Activity.of(current_user(), request.args.get("show", ""), number("before"))
    return fragment("activity/index.htmx.html", **_context(feed))


def muted(plan: Plan, said: str, status: int, *, now: bool) -> Response:
    """Answer the form that a plan was muted or unmuted with, as it is now."""
    sent = {name: told(name) for name in ("show", "before", "row")}
    page = address(
        sent["show"] if sent["show"] in CHIPS else "", before=number("before", source=sent)
    )
    return changed(
        "activity/mute.htmx.html", page=page, status=status, said=said, slug=plan.slug,
        title=plan.title, row=number("row", source=sent), muted=now, show=sent["show"],
        before=sent["before"],
    )  # fmt: skip


def address(show: str, path: str = "/activity", before: int | None = None) -> str:
    """Return the address of a part of what happened."""
    state = {"show": show, "before": before}
    query = urlencode({name: value for name, value in state.items() if value})
    return path + (f"?{query}" if query else "")


def _context(feed: Activity) -> dict[str, Any]:
    return {"feed": feed, "user": current_user(), "address": address, "chips": CHIPS}


def _page(feed: Activity, error: str = "") -> Response:
    html = render_template("activity/show.html", error=error, **_context(feed))
    return Response(html, status=422 if error else 200, mimetype="text/html")
