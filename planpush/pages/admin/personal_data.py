"""Downloads a person's data on request."""

from __future__ import annotations

from flask import Response

from planpush.accounts.user import User
from planpush.errors import NotFound
from planpush.pages.account.personal_data import archive_of
from planpush.pages.admin.blueprint import restricted
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited

personal_data = restricted("personal_data", "people.manage")


@personal_data.get("/admin/members/<id:user_id>/data")
@limited("personal-data", limit=6, seconds=60)
def show(user_id: int) -> Response:
    """Answer all that is stored about a person, a ZIP that is sent while it is made."""
    user = User.manageable_by(current_user(), user_id)
    if user is None:
        raise NotFound
    return archive_of(user)
