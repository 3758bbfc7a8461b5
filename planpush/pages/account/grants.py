"""Programs that may act for a person."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.accounts.grants import Grant
from planpush.web.auth import current_user
from planpush.web.responses import changed

grants = Blueprint("grants", __name__)


@grants.delete("/settings/grants/<id:grant_id>")
def destroy(grant_id: int) -> Response:
    """End one: all of its tokens are worthless from the next request on."""
    user = current_user()
    Grant.owned(user, grant_id).end(by=user)
    return changed("grants/destroy.htmx.html", page="/settings/tokens", grants=Grant.of(user))
