"""Replies in a thread."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from planpush.accounts.user import User
from planpush.api.operations import describes
from planpush.api.request_bodies import CommentBody
from planpush.api.responses import ReplyAnswer
from planpush.api.threads import comment_as_dict, thread_address
from planpush.comments.comment import checked_body
from planpush.comments.thread import Thread
from planpush.comments.thread_rows import comment_of
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
    checked, plan, made = checked_body(body), thread.plan, claimed.made
    if claimed.first:
        made = claimed.keep(thread.comment(checked, by=user, via="agent").id)
    comment = comment_as_dict(comment_of(plan, made or 0))
    return comment | {"thread": str(thread.id), "url": thread_address(plan, thread.id)}
