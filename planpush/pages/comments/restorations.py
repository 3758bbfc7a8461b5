"""Restores a deleted comment."""

from __future__ import annotations

from flask import Blueprint, Response

from planpush.comments.comment import Comment
from planpush.pages.comments.comments import renewed
from planpush.plans.plan import Plan
from planpush.web.auth import current_user
from planpush.web.rate_limits import limited

restorations = Blueprint("restorations", __name__)


@restorations.post("/p/<slug>/comments/<id:comment_id>/restoration")
@limited("comment", limit=300, seconds=60)
def create(slug: str, comment_id: int) -> Response:
    """Put one's own deleted words back; 410 when they are gone for good."""
    comment = Comment.find(Plan.find(slug, current_user(), lock=True), comment_id)
    comment.restore(by=current_user())
    return renewed(slug, comment.thread_id, said="Comment restored.")
