"""The map from groups to roles: a change binds everybody in the group at once."""

from __future__ import annotations

from typing import Any

from flask import redirect, request

from planpush.content.problem import Problem
from planpush.db import outlives_refusal
from planpush.models.event import Event
from planpush.models.group import GroupRole
from planpush.views.admin import restricted
from planpush.views.admin.roles import page
from planpush.web.auth import current_user
from planpush.web.respond import on_invalid

group_roles = restricted("group_roles", "roles.map")
MAP = "/admin/roles#pp-map"


@group_roles.post("/admin/roles/groups")
def create() -> Any:
    """Let a group bring a role."""
    _may_fail()
    GroupRole.put(request.form.get("group", ""), request.form.get("role", ""), by=current_user())
    return redirect(MAP, 303)


@group_roles.delete("/admin/roles/groups")
def destroy() -> Any:
    """Let a group bring nothing any more."""
    _may_fail()
    GroupRole.drop(request.form.get("group", ""), by=current_user())
    return redirect(MAP, 303)


def _may_fail() -> None:
    on_invalid(_refused, 409, 422)
    group = request.form.get("group", "").strip()
    outlives_refusal(lambda: Event.record("group_role.failed", by=current_user(), target=group))


def _refused(problem: Problem) -> Any:
    typed = {name: request.form.get(name, "") for name in ("group", "role")}
    return page(str(problem), **typed, status=problem.status)
