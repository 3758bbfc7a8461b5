"""What each role may do."""

from __future__ import annotations

from flask import Response, render_template

from planpush.accounts.directory import group_sizes
from planpush.accounts.groups import GroupRole
from planpush.accounts.permissions import ROLE_NAMES, TABLE
from planpush.pages.admin.blueprint import restricted
from planpush.settings.store import settings
from planpush.web.auth import current_user

roles = restricted("roles", "roles.map")


@roles.get("/admin/roles")
def index() -> Response:
    """Answer the permission table and the map."""
    return page()


def page(error: str = "", group: str = "", role: str = "", status: int = 200) -> Response:
    """Answer the page; `error` is of the form below the map, with what was typed."""
    sizes = group_sizes()
    mapped = GroupRole.all()
    html = render_template(
        "admin/roles/index.html",
        user=current_user(),
        table=TABLE,
        role_names=ROLE_NAMES,
        mapped=mapped,
        sizes=sizes,
        unmapped=sorted(set(sizes) - {one.name_key for one in mapped}),
        default=ROLE_NAMES.get(settings().default_role, ""),
        error=error,
        group=group,
        role=role,
    )
    return Response(html, status=status, mimetype="text/html")
