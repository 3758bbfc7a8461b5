"""The audit log."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, render_template, request

from planpush.activity.audit import MOST_EXPORTED, PAGE, Audit, Entry
from planpush.errors import Problem
from planpush.pages.admin.blueprint import restricted
from planpush.settings.store import settings
from planpush.web.auth import current_user
from planpush.web.responses import number, on_invalid

audit = restricted("audit", "audit.read")


@audit.get("/admin/audit")
def index() -> Response:
    """Answer the newest entries that the query finds, or those before one."""
    on_invalid(lambda problem: _page([], None, problem))
    before = number("before")
    log = Audit(request.args.get("q", ""))
    floor = log.floor(before)
    found = log.page(before, PAGE + 1, floor)
    return _page(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else floor)


def _page(entries: list[Entry], older: int | None, problem: Problem | None = None) -> Response:
    html = render_template(
        "admin/audit/index.html",
        user=current_user(),
        entries=entries,
        q=request.args.get("q", ""),
        older=older,
        most=MOST_EXPORTED,
        days=settings().audit_days,
        error=str(problem or ""),
        address=address,
    )
    return Response(html, status=problem.status if problem else 200, mimetype="text/html")


def address(path: str = "", **state: object) -> str:
    """Return an address of the log: `path` is ".csv" or ".json" for the files."""
    query = urlencode({name: value for name, value in state.items() if value})
    return f"/admin/audit{path}" + (f"?{query}" if query else "")
