"""Undoes a bulk action."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.dashboard.bulk import take_back
from planpush.pages.dashboard.bulk import listed
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited

undos = Blueprint("undos", __name__)


@undos.post("/undo/<token>")
@limited("undo", limit=120, seconds=60)
def create(token: str) -> Response:
    """Take back what a token tells, then show the list as it is now."""
    return listed(take_back(token, by=current_user()))
