"""Confirms the purge of a version."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.errors import Forbidden
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.versions.purge import shared
from planpush.web.auth import current_user
from planpush.web.responses import fragment

purges = Blueprint("purges", __name__)


@purges.get("/p/<slug>/versions/<id:number>/purge")
def new(slug: str, number: int) -> Response:
    """Answer what goes, what other versions hold as well, and the form that asks once more."""
    plan = Plan.find(slug, current_user())
    if not current_user().may("versions.purge"):
        raise Forbidden("Only an admin may purge a version.")
    return confirmation(plan, number)


def confirmation(
    plan: Plan, number: int, *, also: str = "", error: str = "", status: int = 200
) -> Response:
    """Return the page that asks an admin to type the version's number."""
    version = Version.of(plan, number)
    return fragment(
        "purges/new.html",
        status=status,
        user=current_user(),
        plan=plan,
        version=version,
        sections=shared(plan, version),
        also=also,
        error=error,
    )
