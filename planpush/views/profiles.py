"""Profiles: who one is here, why one may do what one may, and how one signs in."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from planpush.models.group import sources
from planpush.models.identity import Identity
from planpush.models.permission import ROLE_NAMES
from planpush.models.profile import PROVIDER_NAMES
from planpush.models.setting import settings
from planpush.web.auth import current_user
from planpush.web.respond import changed

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


@profiles.patch("/settings/profile")
def update() -> Response:
    """Keep what a person wants: a box that is not sent is not ticked."""
    user = current_user()
    user.prefer(keys="keys" in request.form, presence="presence" in request.form)
    return changed("profiles/update.htmx.html", page="/settings/profile", user=user)
