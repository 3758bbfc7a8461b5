"""The bell: an open page learns that somebody has more to read."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, request

from planpush.web.auth import current_user, quiet
from planpush.web.respond import fragment

bells = Blueprint("bells", __name__)
_PAGE = re.compile(r"https?://[^/?#]*(?P<path>[^?#]*)")


@bells.get("/notices/count")
@quiet
def show() -> Response:
    """Answer the bell with the number of unread notices, and say it."""
    asking = _PAGE.match(request.headers.get("HX-Current-URL", ""))
    here: dict[str, Any] = {"inbox": None} if asking and asking["path"] == "/notices" else {}
    return fragment("notices/count.htmx.html", user=current_user(), **here)
