"""The versions of a plan."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from planpush.accounts.user import User
from planpush.dashboard.search_index import forget_words
from planpush.database.session import afterwards
from planpush.errors import Finding, Invalid, Problem
from planpush.pages.versions.purges import confirmation
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.versions.history import History
from planpush.versions.purge import Trace, purge, shrink_log
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited
from planpush.web.responses import changed, fragment, on_invalid
from planpush.web.responses import number as number_of

versions = Blueprint("versions", __name__)
_MOST = 1000


@versions.get("/p/<slug>/versions")
def index(slug: str) -> Response:
    """Answer versions as a fragment, the newest first; `?before=` has the older."""
    plan = Plan.find(slug, current_user())
    history = History.of(plan, number_of("before"))
    return fragment("versions/index.htmx.html", **told(history, current_user()))


def told(history: History, user: User) -> dict[str, Any]:
    """Return what versions are listed from."""
    may = history.plan.pushable_by(user)
    return {"plan": history.plan, "history": history, "user": user, "may_push": may}


@versions.delete("/p/<slug>/versions/<id:number>")
@limited("purge", limit=60, seconds=60)
def destroy(slug: str, number: int) -> Response:
    """Purge a version, and those that the form names beside it. Only an admin may."""
    user = current_user()
    plan, also = Plan.find(slug, user, lock=True), request.form.get("also", "")
    Version.of(plan, number)
    if user.may("versions.purge"):
        on_invalid(lambda problem: _again(slug, number, also, problem), 404, 409, 410, 422)
        _check_typed(number)
    purge(plan, [number, *_numbers(also)], by=user)
    afterwards(forget_words)
    afterwards(shrink_log)
    return changed(
        "versions/destroy.htmx.html",
        page=f"/p/{slug}?purged={number}",
        purged=Trace.of(plan, number),
    )


def _check_typed(number: int) -> None:
    """Refuse a form whose typed number is not the version's; a program names it by the address."""
    if request.form.get("number", str(number)).strip().lstrip("vV") != str(number):
        message = f"Type {number} to purge version {number}."
        raise Invalid(message, [Finding("not_confirmed", message, field="number")])


def _numbers(typed: str) -> list[int]:
    """Return the version numbers in "3, v4". Raises `Invalid`."""
    words = typed.replace(",", " ").replace("v", " ").split()
    if len(words) > _MOST or not all(word.isascii() and word.isdecimal() for word in words):
        message = "Name versions by their numbers, like 3, 4."
        raise Invalid(message, [Finding("malformed", message, field="also")])
    return [int(word[:10]) for word in words]


def _again(slug: str, number: int, also: str, problem: Problem) -> Response:
    plan = Plan.find(slug, current_user())
    return confirmation(plan, number, also=also, error=str(problem), status=problem.status)
