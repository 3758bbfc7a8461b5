"""Deletes and restores plans."""

from __future__ import annotations

from flask import Blueprint, Response, redirect

from planpush.operations.plan_deletion import (
    KEPT,
    back_until,
    bring_back,
    listed,
    only_deleters,
    remove,
)
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import fragment, wants_fragment

deletions = Blueprint("deletions", __name__)
LIST = "/deleted"


@deletions.get(LIST)
def index() -> Response:
    """Answer the deleted plans that one may bring back, and until when."""
    user = current_user()
    return fragment(
        "deletions/index.html", user=user, plans=listed(user), back_until=back_until, days=KEPT.days
    )


@deletions.get("/p/<slug>/deletion")
def new(slug: str) -> Response:
    """Answer what goes, for how long it can come back, and the button."""
    plan = Plan.find(slug, current_user())
    only_deleters(plan, current_user())
    return fragment("deletions/new.html", user=current_user(), plan=plan, days=KEPT.days)


@deletions.delete("/p/<slug>")
@deletions.post("/p/<slug>/deletion")
@limited("delete", limit=60, seconds=60)
def create(slug: str) -> Response:
    """Delete a plan; its place in the list says until when it can come back."""
    remove(Plan.find(slug, current_user(), lock=True), by=current_user())
    return _to(LIST)


@deletions.delete("/p/<slug>/deletion")
@limited("delete", limit=60, seconds=60)
def destroy(slug: str) -> Response:
    """Bring a deleted plan back, as it was."""
    return _to(f"/p/{bring_back(slug, by=current_user()).slug}")


def _to(address: str) -> Response:
    """Send to another page: this one is about a plan that is not where it was."""
    if wants_fragment():
        return Response("", headers={"HX-Redirect": address})
    return redirect(address, 303)  # type: ignore[return-value]
