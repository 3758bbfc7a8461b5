"""The dashboard."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request

from planpush.accounts.user import User
from planpush.activity.feed import recent
from planpush.dashboard.listing import Listing, list_plans
from planpush.dashboard.search_hits import hits
from planpush.errors import Finding, Malformed
from planpush.pages.account.unread import bell
from planpush.pages.dashboard.rows import asked_by_rows
from planpush.reviews.attention import Turn
from planpush.reviews.sign_offs import SignOff
from planpush.web.auth import current_user
from planpush.web.responses import fragment, number, on_invalid

dashboard = Blueprint("dashboard", __name__)
_ADDRESS = re.compile(r"/dashboard(?:\?[\w.~%&=+-]*)?", re.ASCII)
TURN, MINE, TEAM, MENTIONS, ALL = "turn:me", "involves:me", "is:published", "mentions:me", ""


@dashboard.get("/")
def home() -> Any:
    """Go to the dashboard."""
    return redirect("/dashboard", 302)


@dashboard.get("/dashboard")
def show() -> Response:
    """Answer the dashboard page."""
    on_invalid(lambda problem: _refused("dashboard/show.html", str(problem)))
    context = page_of(request.args)
    html = render_template("dashboard/show.html", recent=recent(current_user()), **context)
    return Response(html, mimetype="text/html")


@dashboard.get("/dashboard/plans")
def index() -> Response:
    """Answer the list as a fragment, and the page address that shows the same."""
    on_invalid(lambda problem: _refused("dashboard/invalid.htmx.html", str(problem)))
    context = page_of(request.args)
    there = address(context["listing"])
    is_there = request.headers.get("HX-Current-URL", "").endswith(there)  # no step back to itself
    return fragment("dashboard/index.htmx.html", push_url="" if is_there else there, **context)


def page_of(args: Mapping[str, str]) -> dict[str, Any]:
    """Return what the list in the state of `args` is rendered from: q, sort, page, after."""
    user = current_user()
    bell(user)  # first: what happens from now on is told to the page by its stream
    listing = list_plans(
        user,
        q=args.get("q", landing(user)).strip(),
        sort=args.get("sort", ""),
        page=number("page", source=args) or 1,
        after=args.get("after", ""),
    )
    return _shown(user, listing)


def asked_at() -> str:
    """Return the dashboard's address that a page shows: its field `at`."""
    at = request.values.get("at", "/dashboard")
    if not _ADDRESS.fullmatch(at):
        message = "at is an address of the dashboard"
        raise Malformed(message, [Finding("malformed", message, field="at")])
    return at


def page_at(at: str) -> dict[str, Any]:
    """Return what the list at an address of the dashboard is rendered from."""
    return page_of(dict(parse_qsl(urlsplit(at).query, keep_blank_values=True)))


def landing(user: User) -> str:
    """Return the query that somebody begins with."""
    return ALL if user.sees_everything else MINE


def views_of(user: User) -> list[tuple[str, str]]:
    """Return the fixed queries that are tabs: a name and a query each."""
    tabs = [("Your turn", TURN), ("Mine", MINE), ("Team", TEAM), ("Mentions", MENTIONS)]
    return [*tabs, ("All", ALL)] if user.sees_everything else tabs


def address(listing: Listing, path: str = "/dashboard", **changes: object) -> str:
    """Return the dashboard's address in the state of `listing`, with `changes`."""
    state: dict[str, object] = {
        "q": listing.q,
        "sort": listing.asked_sort,
        "page": "" if listing.page == 1 else listing.page,
        "after": listing.after,
    }
    state |= changes
    return f"{path}?{_query(tuple(state.items()))}"


@lru_cache(256)
def _query(state: tuple[tuple[str, object], ...]) -> str:
    """Return a state as an address holds it. Most stand twice in a list: as a page, as a part."""
    return urlencode([(name, told) for name, told in state if told or name == "q"])


def _shown(user: User, listing: Listing, error: str = "") -> dict[str, Any]:
    ids = [row.id for row in listing.plans]
    turns = Turn.of(user, ids)
    return {
        "listing": listing,
        "user": user,
        "address": address,
        "error": error,
        "views": views_of(user),
        "waiting": turns.waiting,
        "turns": turns.reasons,
        "reviewers": SignOff.reviewers_of(ids),
        "hits": hits(listing.search, {one: listing.places.get(one) for one in ids}),
        **asked_by_rows(listing),
    }


def _refused(template: str, error: str) -> Response:
    """Answer a query that cannot be read: what was typed stays, and so does a list."""
    user, typed = current_user(), request.args.get("q", "")
    listing = replace(list_plans(user, q=landing(user)), q=typed)
    html = render_template(template, recent=recent(user), **_shown(user, listing, error))
    return Response(html, status=422, mimetype="text/html")
