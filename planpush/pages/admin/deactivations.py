"""Deactivates and reactivates a person."""

from __future__ import annotations

from flask import Response

from planpush.pages.admin.blueprint import restricted
from planpush.pages.admin.people import shown, the_member
from planpush.web.auth import current_user

deactivations = restricted("deactivations", "people.manage")


@deactivations.post("/admin/members/<id:user_id>/deactivation")
def create(user_id: int) -> Response:
    """Shut somebody out."""
    user = the_member(user_id, failure="user.deactivation_failed")
    user.deactivate(by=current_user())
    return shown(user, f"{user.name} is shut out.")


@deactivations.delete("/admin/members/<id:user_id>/deactivation")
def destroy(user_id: int) -> Response:
    """Let somebody sign in again; what was ended stays ended."""
    user = the_member(user_id)
    user.reactivate(by=current_user())
    return shown(user, f"{user.name} may sign in again.")
