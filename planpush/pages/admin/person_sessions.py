"""Ends everything that a person has open."""

from __future__ import annotations

from flask import Response

from planpush.pages.admin.blueprint import restricted
from planpush.pages.admin.people import shown, the_member
from planpush.web.auth import current_user

member_sessions = restricted("member_sessions", "people.manage")


@member_sessions.delete("/admin/members/<id:user_id>/sessions")
def destroy(user_id: int) -> Response:
    """End all of it."""
    user = the_member(user_id)
    user.sign_out_everywhere(by=current_user())
    return shown(user, f"{user.name} is signed out everywhere.")
