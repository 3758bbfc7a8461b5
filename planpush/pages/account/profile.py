"""The profile page."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from planpush.accounts.groups import sources
from planpush.accounts.identity import PROVIDER_NAMES, Identity
from planpush.accounts.permissions import ROLE_NAMES
from planpush.settings.store import settings
from planpush.web.auth import current_user
from planpush.web.responses import changed

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
