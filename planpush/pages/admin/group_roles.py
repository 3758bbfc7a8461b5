"""The role of each directory group."""

from __future__ import annotations

from typing import Any

from flask import redirect, request

from planpush.accounts.groups import GroupRole
from planpush.database.session import outlives_refusal
from planpush.errors import Problem
from planpush.events.event import Event
from planpush.pages.admin.blueprint import restricted
from planpush.pages.admin.roles import page
from planpush.web.auth import current_user
from planpush.web.responses import on_invalid

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
