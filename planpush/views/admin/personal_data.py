"""Personal data of somebody who asked an admin for it."""

from __future__ import annotations

from flask import Response

from planpush.content.problem import NotFound
from planpush.models.user import User
from planpush.views.admin import restricted
from planpush.views.personal_data import archive_of
from planpush.web.auth import current_user
from planpush.web.limits import limited

personal_data = restricted("personal_data", "people.manage")


@personal_data.get("/admin/members/<id:user_id>/data")
@limited("personal-data", limit=6, seconds=60)
def show(user_id: int) -> Response:
    """Answer all that is stored about a person, a ZIP that is sent while it is made."""
    user = User.manageable_by(current_user(), user_id)
    if user is None:
        raise NotFound
    return archive_of(user)
