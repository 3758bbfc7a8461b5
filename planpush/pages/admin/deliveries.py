"""The delivery log."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, render_template, request

from planpush.database.session import storable
from planpush.errors import Problem
from planpush.notifications.channel_status import ways
from planpush.notifications.delivery_log import PAGE, STATES, Line, page
from planpush.pages.admin.blueprint import restricted
from planpush.web.auth import current_user
from planpush.web.responses import number, on_invalid

deliveries = restricted("deliveries", "settings.change")


@deliveries.get("/admin/deliveries")
def index() -> Response:
    """Answer the outlets, and the newest deliveries that the filter finds, or those before one."""
    on_invalid(lambda problem: _page([], None, problem))
    state, outlet = asked()
    found = page(state, outlet, number("before"), PAGE + 1)
    return _page(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None)


def _page(lines: list[Line], older: int | None, problem: Problem | None = None) -> Response:
    state, outlet = asked()
    html = render_template(
        "admin/deliveries/index.html",
        user=current_user(),
        lines=lines,
        ways=ways(),
        state=state,
        outlet=outlet,
        older=older,
        states=STATES,
        error=str(problem or ""),
        address=address,
    )
    return Response(html, status=problem.status if problem else 200, mimetype="text/html")


def asked() -> tuple[str, str]:
    """Return the state and the outlet that the address asks for."""
    return storable(request.args.get("state", "")), storable(request.args.get("outlet", ""))


def address(below: str = "", at: str = "", **told: object) -> str:
    """Return an address of the log, or of what hangs below it; `at` is a place on the page."""
    query = urlencode({name: value for name, value in told.items() if value})
    return f"/admin/deliveries{below}" + (f"?{query}" if query else "") + (f"#{at}" if at else "")
