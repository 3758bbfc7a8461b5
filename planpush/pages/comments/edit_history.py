"""Earlier texts of a comment."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.comments.comment import Comment
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.responses import fragment

wordings = Blueprint("wordings", __name__)


@wordings.get("/p/<slug>/comments/<id:comment_id>/wordings")
def index(slug: str, comment_id: int) -> Response:
    """Answer a comment's edits; a deleted one has none to show, 404."""
    comment = Comment.find(Plan.find(slug, current_user()), comment_id)
    comment.only_undeleted()
    return fragment("wordings/index.htmx.html", comment=comment)
