"""The blueprint factory of admin pages, with their permission check."""

from __future__ import annotations

from flask import Blueprint, g

from planpush.errors import NotFound
from planpush.web.auth import current_user


def restricted(name: str, permission: str) -> Blueprint:
    """Return a blueprint whose every route needs a right of `permission.TABLE`."""
    made = Blueprint(f"admin_{name}", __name__)

    def admit() -> None:
        if not current_user().may(permission):
            g.user = g.browser_session = None  # of an unknown address nobody is asked who they are
            raise NotFound

    made.before_request(admit)
    return made
