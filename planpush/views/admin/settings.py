"""Settings: a form per group, in force for every worker from the next request on."""

from __future__ import annotations

from typing import Any

from flask import Response, g, redirect, render_template, request

from planpush.content.problem import NotFound, Problem
from planpush.db import outlives_refusal
from planpush.models.event import Event
from planpush.models.lockout import CONFIRMATION, refuse_lockout
from planpush.models.setting import Setting
from planpush.settings import PROVIDERS
from planpush.views.admin import restricted
from planpush.views.admin.setting_forms import GROUPS, UNITS, fields, wanted
from planpush.web.auth import current_user
from planpush.web.respond import on_invalid

settings = restricted("settings", "settings.change")


@settings.get("/admin/settings")
def index() -> Response:
    """Answer every setting; of secrets, whether they are set."""
    return _page()


@settings.route("/admin/settings/<group>", methods=["POST", "PATCH"])
def update(group: str) -> Any:
    """Put a group's settings in force."""
    if group not in GROUPS:
        raise NotFound
    on_invalid(lambda problem: _page(group, problem))
    outlives_refusal(lambda: Event.record("setting.change_failed", by=current_user(), target=group))
    confirmed = request.form.get("confirm", "").strip().lower() == CONFIRMATION
    way = g.browser_session.provider
    with refuse_lockout(way, confirmed=confirmed):
        Setting.change(wanted(group, request.form), by=current_user())
    return redirect(f"/admin/settings?saved={group}#pp-group-{group}", 303)


def _page(refused: str = "", problem: Problem | None = None) -> Response:
    typed = request.form if problem else None
    forms = {
        group: fields(group, typed, problem.errors) if problem and group == refused
        else fields(group)
        for group in GROUPS
    }  # fmt: skip
    html = render_template(
        "admin/settings/index.html",
        user=current_user(),
        groups=GROUPS,
        forms=forms,
        units=UNITS,
        refused=refused,
        error=str(problem or ""),
        confirmation=CONFIRMATION,
        confirm=problem is not None and any(one.field == "confirm" for one in problem.errors),
        saved=request.args.get("saved", ""),
        way=g.browser_session.provider,
        providers=PROVIDERS,
    )
    return Response(html, status=problem.status if problem else 200, mimetype="text/html")
