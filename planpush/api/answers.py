"""Answers a thread as the plan's author."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from planpush.accounts.user import User
from planpush.api.operations import describes
from planpush.api.request_bodies import AnswerBody
from planpush.api.responses import AnsweredThread
from planpush.api.threads import newest_as_dict
from planpush.comments.answers import answer_one, unanswered
from planpush.comments.thread import Thread
from planpush.web.auth import current_user, scope
from planpush.web.parsing import parse_body
from planpush.web.rate_limits import limited
from planpush.web.responses import Claim
from planpush.web.retries import claim_retry

answers = Blueprint("api_answers", __name__, url_prefix="/api/threads")


@answers.post("/<id:thread_id>/answer")
@scope("comments:write")
@describes({200: AnsweredThread}, body=AnswerBody, retries=True)
@limited("comment", limit=300, seconds=60)
def create(thread_id: int) -> Response:
    """Answer a thread: applied, partial, declined, or a question. Owner and editors may."""
    user = current_user()
    thread = Thread.find_for(user, thread_id)
    body = parse_body(AnswerBody)
    return jsonify(_answer(thread, body, user, claim_retry(user)))


def answered(user: User, thread_id: int, body: AnswerBody) -> dict[str, Any]:
    """Note an answer; return the thread, and which of its plan's are still without one."""
    return _answer(Thread.find_for(user, thread_id), body, user, Claim(True))


def _answer(thread: Thread, body: AnswerBody, user: User, claimed: Claim) -> dict[str, Any]:
    if claimed.first:
        answer_one(thread, body.status, body.note, by=user)
        claimed.keep(thread.id)
    left = [str(open_id) for open_id in unanswered(thread.plan)]
    return newest_as_dict(thread.plan, thread.id) | {"unanswered": left}
