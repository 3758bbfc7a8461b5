"""The dashboard: the plans one may see."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request

from planpush.models.listing import Listing, list_plans
from planpush.web.auth import current_user
from planpush.web.respond import fragment, number, on_invalid

dashboard = Blueprint("dashboard", __name__)


@dashboard.get("/")
def home() -> Any:
    """Go to the dashboard."""
    return redirect("/dashboard", 302)


@dashboard.get("/dashboard")
def show() -> Response:
    """Answer the dashboard page."""
    on_invalid(lambda problem: _refused("dashboard/show.html", str(problem)))
    return Response(render_template("dashboard/show.html", **_context()), mimetype="text/html")


@dashboard.get("/dashboard/plans")
def index() -> Response:
    """Answer the list as a fragment, and the page address that shows the same."""
    on_invalid(lambda problem: _refused("dashboard/invalid.htmx.html", str(problem)))
    context = _context()
    return fragment("dashboard/index.htmx.html", push_url=address(context["listing"]), **context)


def _context() -> dict[str, Any]:
    q, sort = request.args.get("q", ""), request.args.get("sort", "")
    listing = list_plans(current_user(), q=q, sort=sort, page=number("page") or 1)
    return _page(listing)


def _page(listing: Listing, error: str = "") -> dict[str, Any]:
    return {
        "listing": listing,
        "user": current_user(),
        "address": address,
        "error": error,
    }


def _refused(template: str, error: str) -> Response:
    listing = Listing([], 0, 1, request.args.get("q", ""), "updated")
    html = render_template(template, **_page(listing, error))
    return Response(html, status=422, mimetype="text/html")


def address(listing: Listing, path: str = "/dashboard", **changes: object) -> str:
    """Return the dashboard's address in the state of `listing`, with `changes`."""
    state: dict[str, object] = {
        "q": listing.q,
        "sort": "" if listing.sort == "updated" else listing.sort,
        "page": "" if listing.page == 1 else listing.page,
    }
    query = urlencode({name: value for name, value in (state | changes).items() if value})
    return path + (f"?{query}" if query else "")
