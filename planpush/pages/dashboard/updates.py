"""Brings changes into an open list."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from planpush.live.subscriptions import Onlooker
from planpush.pages.account.unread import bell
from planpush.pages.dashboard.dashboard import asked_at, page_at
from planpush.web.auth import current_user, quiet
from planpush.web.responses import fragment, number, on_invalid

listing_updates = Blueprint("listing_updates", __name__)


@listing_updates.get("/dashboard/updates")
@quiet
def index() -> Response:
    """Answer the list as it is now; while rows are selected, how many plans changed instead.

    The fragments say for which state of the list they are: a list that went on keeps what it has.
    """
    on_invalid(lambda _problem: Response(status=204))
    user, at = current_user(), asked_at()
    bell(user)  # first: the list is to hold all that happened before
    if "id" in request.args:
        changed = Onlooker.of(user).changed_since(number("since") or 0)
        if changed == {}:
            return Response(status=204)
        return fragment("dashboard/changed.htmx.html", at=at, changed=changed)
    asked: dict[str, Any] = {"asked": True} if "asked" in request.args else {}
    return fragment("dashboard/updates.htmx.html", at=at, **asked, **page_at(at))
