"""Earlier texts of a comment."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.comments.thread_rows import comment_of
from planpush.errors import NotFound
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.responses import fragment

wordings = Blueprint("wordings", __name__)


@wordings.get("/p/<slug>/comments/<id:comment_id>/wordings")
def index(slug: str, comment_id: int) -> Response:
    """Answer a comment's edits; a deleted one has none to show, 404."""
    comment = comment_of(Plan.find(slug, current_user()), comment_id)
    if comment.deleted_at is not None:
        raise NotFound("That comment was deleted.")
    return fragment("wordings/index.htmx.html", comment=comment)
