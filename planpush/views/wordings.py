"""Wordings: what a comment said before it was edited."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.models.comment import Comment
from planpush.models.plan import Plan
from planpush.web.auth import current_user
from planpush.web.respond import fragment

wordings = Blueprint("wordings", __name__)


@wordings.get("/p/<slug>/comments/<id:comment_id>/wordings")
def index(slug: str, comment_id: int) -> Response:
    """Answer a comment's edits; a deleted one has none to show, 404."""
    comment = Comment.find(Plan.find(slug, current_user()), comment_id)
    comment.only_undeleted()
    return fragment("wordings/index.htmx.html", comment=comment)
