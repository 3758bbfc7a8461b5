"""Compares two versions."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, g, render_template, request

from planpush.pages.account.unread import bell
from planpush.plans.plan import Plan
from planpush.versions.rendered_comparison import Pair, Redline
from planpush.web.assets import release
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import fragment, kept, number

comparisons = Blueprint("comparisons", __name__)


@comparisons.get("/p/<slug>/compare")
@limited("compare", limit=60, seconds=60, apart=True)
def show(slug: str) -> Response:
    """Answer the page; it is only made anew when something in it may have changed."""
    pair = _asked(slug)
    return kept(_etag(pair), lambda: render_template("comparisons/show.html", **_page(pair)))


@comparisons.get("/p/<slug>/compare/changes")
@limited("compare", limit=60, seconds=60, apart=True)
def index(slug: str) -> Response:
    """Answer what other versions, or the other mode, look like."""
    pair = _asked(slug)
    return fragment("comparisons/index.htmx.html", push_url=address(pair), **_page(pair))


def _asked(slug: str) -> Pair:
    user = current_user()
    plan, is_only = Plan.find(slug, user), request.args.get("only") == "1"
    return Pair.asked(plan, user, number("from"), number("to"), is_only)


def _page(pair: Pair) -> dict[str, Any]:
    return {
        "plan": pair.plan,
        "pair": pair,
        "redline": Redline.of(pair),
        "address": address,
        "user": current_user(),
    }


def address(pair: Pair, part: str = "", **changes: Any) -> str:
    """Return where a pair is shown, or another one: `old`, `new`, `changed`."""
    numbers = dict(zip(("old", "new"), pair.numbers, strict=True))
    asked = {"changed": pair.only_changed} | numbers | changes
    only = "&only=1" if asked["changed"] else ""
    return f"/p/{pair.plan.slug}/compare{part}?from={asked['old']}&to={asked['new']}{only}"


def _etag(pair: Pair) -> str:
    """Name the page's state: two versions never change, what is around them and on them may."""
    plan, user = pair.plan, current_user()
    threads = sorted(
        (anchor, key, [tuple(thread) for thread in here])
        for anchor, blocks in pair.threads.items()
        for key, here in blocks.items()
    )
    parts = (
        plan.id, plan.title, plan.newest, pair.old.id, pair.new.id, pair.only_changed, threads,
        [version.number for version in pair.choices], release(), user.id, user.keys,
        user.name,
        sorted(user.roles), bell(user, plan), g.browser_session.id, request.full_path,
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
