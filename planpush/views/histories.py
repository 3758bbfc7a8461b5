"""Histories: the page of all versions of a plan."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.models.history import History
from planpush.models.plan import Plan
from planpush.views.versions import told
from planpush.web.auth import current_user
from planpush.web.respond import fragment, number

histories = Blueprint("histories", __name__)


@histories.get("/p/<slug>/history")
def show(slug: str) -> Response:
    """Answer the page of versions, the newest first; `?before=` has the older."""
    plan = Plan.find(slug, current_user())
    history = History.of(plan, number("before"))
    return fragment("versions/index.html", **told(history, current_user()))
