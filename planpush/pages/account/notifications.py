"""Notification preferences."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from planpush.errors import Finding, Malformed
from planpush.notifications.notices import Mute
from planpush.notifications.preferences import KINDS, NOW, PRESETS, WAYS, choose, chosen, of_preset
from planpush.plans.plan import Plan
from planpush.settings.store import settings
from planpush.web.auth import current_user
from planpush.web.responses import changed

notifications = Blueprint("notifications", __name__)
PAGE = "/settings/notifications"


@notifications.get("/settings/notifications")
def show() -> Response:
    """Answer what a person is told of, and the plans that they muted."""
    html = render_template("notifications/show.html", **_choices(), **_muted())
    return Response(html, mimetype="text/html")


@notifications.patch("/settings/notifications")
def update() -> Response:
    """Keep what a person wants: a preset, or the boxes; one that is not sent is not ticked."""
    name, wanted = request.form.get("preset", ""), _ticked()
    if name:
        wanted = of_preset(name)
    if wanted is None:
        message = f"presets are {', '.join(one.name for one in PRESETS)}"
        raise Malformed(message, [Finding("unknown", message, field="preset")])
    choose(current_user(), wanted)
    return changed("notifications/update.htmx.html", page=f"{PAGE}?saved=1", **_choices())


def listed(plan: Plan, said: str, status: int) -> Response:
    """Answer the plans that a person muted, as they are now, and what was done with `plan`."""
    template = "notifications/muted.htmx.html"
    shown = {"plan": plan, "said": said} | _muted()
    return changed(template, page=f"{PAGE}#pp-muted", status=status, **shown)


def _ticked() -> set[tuple[str, str]] | None:
    return {(kind, way) for kind in KINDS for way in WAYS if f"{kind}.{way}" in request.form}


def _choices() -> dict[str, Any]:
    user = current_user()
    ticked = {
        (kind, way) for kind in KINDS for way in WAYS if chosen(user.notify, kind, way) == NOW
    }
    return {
        "user": user,
        "kinds": KINDS,
        "ways": WAYS,
        "presets": PRESETS,
        "ticked": ticked,
        "preset": next((one.name for one in PRESETS if of_preset(one.name) == ticked), ""),
        "writes": bool(settings().slack_bot_token),
    }


def _muted() -> dict[str, Any]:
    return {"muted": Mute.of(current_user())}
