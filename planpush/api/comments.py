"""Replies in a thread."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from planpush.accounts.user import User
from planpush.api.operations import describes
from planpush.api.request_bodies import CommentBody
from planpush.api.responses import ReplyAnswer
from planpush.api.threads import address_of, comment_as_dict
from planpush.comments.comment import Comment, checked_body
from planpush.comments.thread import Thread
from planpush.web.auth import current_user, scope
from planpush.web.parsing import parse_body
from planpush.web.rate_limits import limited
from planpush.web.responses import Claim
from planpush.web.retries import claim_retry

comments = Blueprint("api_comments", __name__, url_prefix="/api/threads")


@comments.post("/<id:thread_id>/comments")
@scope("comments:write")
@describes({201: ReplyAnswer}, body=CommentBody, retries=True)
@limited("comment", limit=300, seconds=60)
def create(thread_id: int) -> tuple[Response, int]:
    """Reply to a thread."""
    user = current_user()
    thread = Thread.find_for(user, thread_id)
    body = parse_body(CommentBody)
    return jsonify(_reply(thread, body.body, user, claim_retry(user))), 201


def replied(user: User, thread_id: int, body: str) -> dict[str, Any]:
    """Add a reply by `user`'s agent and return it."""
    return _reply(Thread.find_for(user, thread_id), body, user, Claim(True))


def _reply(thread: Thread, body: str, user: User, claimed: Claim) -> dict[str, Any]:
    words = checked_body(body)
    if claimed.first:
        comment = thread.comment(words, by=user, via="agent")
        claimed.keep(comment.id)
    else:
        comment = Comment.find(thread.plan, claimed.made or 0)
    return comment_as_dict(comment) | {"thread": str(thread.id), "url": address_of(thread)}
