"""Profiles: who one is here, why one may do what one may, and how one signs in."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from planpush.models.group import sources
from planpush.models.identity import Identity
from planpush.models.permission import ROLE_NAMES
from planpush.models.profile import PROVIDER_NAMES
from planpush.models.setting import settings
from planpush.web.auth import current_user

profiles = Blueprint("profiles", __name__)


@profiles.get("/settings/profile")
def show() -> Response:
    """Answer a person's own page."""
    user = current_user()
    html = render_template(
        "profiles/show.html",
        user=user,
        identities=Identity.of(user),
        providers=settings().providers,
        provider_names=PROVIDER_NAMES,
        role_names=ROLE_NAMES,
        sources=sources(user),
    )
    return Response(html, mimetype="text/html")
