"""Updates of the dashboard's list: an open page brings what others did meanwhile."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Response, request

from planpush.content.problem import Finding, Malformed
from planpush.models.onlooker import Onlooker
from planpush.views.dashboard import page_of
from planpush.web.auth import current_user, quiet
from planpush.web.bell import bell
from planpush.web.respond import fragment, number, on_invalid

listing_updates = Blueprint("listing_updates", __name__)
_ADDRESS = re.compile(r"/dashboard(?:\?[\w.~%&=+-]*)?", re.ASCII)


@listing_updates.get("/dashboard/updates")
@quiet
def index() -> Response:
    """Answer the list as it is now; while rows are selected, how many plans changed instead.

    The fragments say for which state of the list they are: a list that went on keeps what it has.
    """
    on_invalid(lambda _problem: Response(status=204))
    user, at = current_user(), _address()
    bell(user)  # first: the list is to hold all that happened before
    if "id" in request.args:
        changed = Onlooker.of(user).changed_since(number("since") or 0)
        if changed == {}:
            return Response(status=204)
        return fragment("dashboard/changed.htmx.html", at=at, changed=changed)
    asked: dict[str, Any] = {"asked": True} if "asked" in request.args else {}
    state = dict(parse_qsl(urlsplit(at).query, keep_blank_values=True))
    return fragment("dashboard/updates.htmx.html", at=at, **asked, **page_of(state))


def _address() -> str:
    """Return the dashboard's address that the list is in the state of: `?at=`."""
    at = request.args.get("at", "/dashboard")
    if not _ADDRESS.fullmatch(at):
        message = "at is an address of the dashboard"
        raise Malformed(message, [Finding("malformed", message, field="at")])
    return at
