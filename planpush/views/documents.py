"""Documents: one version of a plan, swapped into the page."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.models.plan import Plan
from planpush.models.reading import Reading
from planpush.views.plans import page
from planpush.web.auth import current_user
from planpush.web.respond import fragment, number

documents = Blueprint("documents", __name__)


@documents.get("/p/<slug>/document")
def show(slug: str) -> Response:
    """Answer document, contents, bar and panel of one version."""
    plan = Plan.find(slug, current_user())
    reading = Reading(plan, number("v"))
    address = f"/p/{slug}" + ("" if reading.is_newest else f"?v={reading.version.number}")
    return fragment("documents/show.htmx.html", push_url=address, **page(reading))
