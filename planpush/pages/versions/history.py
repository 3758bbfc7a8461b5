"""The history page."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.pages.versions.versions import told
from planpush.plans.plan import Plan
from planpush.versions.history import History
from planpush.web.auth import current_user
from planpush.web.responses import fragment, number

histories = Blueprint("histories", __name__)


@histories.get("/p/<slug>/history")
def show(slug: str) -> Response:
    """Answer the page of versions, the newest first; `?before=` has the older."""
    plan = Plan.find(slug, current_user())
    history = History.of(plan, number("before"))
    return fragment("versions/index.html", **told(history, current_user()))
