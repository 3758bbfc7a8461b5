"""Threads for programs: what people said, where, and what stands there today."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from planpush.content.problem import Finding, Malformed
from planpush.models.comment import Comment
from planpush.models.plan import Plan
from planpush.models.reading import Card, Reading
from planpush.models.thread import OPEN, RESOLVED, Thread
from planpush.web.auth import config, current_user, scope

threads = Blueprint("api_threads", __name__, url_prefix="/api/plans")
STATES = (OPEN, RESOLVED, "all")


@threads.get("/<slug>/threads")
@scope("plans:read")
def index(slug: str) -> Response:
    """Answer the threads on the newest version, in document order."""
    state = request.args.get("state", OPEN)
    if state not in STATES:
        message = f"state is one of {', '.join(STATES)}"
        raise Malformed(message, [Finding("malformed", message, field="state")])
    plan = Plan.find(slug, current_user())
    cards = [card for card in Reading(plan).cards if state == "all" or card.thread.state == state]
    return jsonify(threads=[thread_as_dict(plan, card) for card in cards], cursor=None)


def thread_as_dict(plan: Plan, card: Card) -> dict[str, Any]:
    """Return a thread as the API tells it."""
    thread, placed = card.thread, card.placement
    return {
        "id": str(thread.id),
        "state": thread.state,
        "kind": thread.kind,
        "anchor": thread.origin.section,
        "quote": card.then,
        "now": placed.words,
        "blocking": thread.blocking,
        "placement": {
            "state": placed.state,
            "anchor": placed.section,
            "confirmed": placed.confirmed,
        },
        "answer": _answer(thread),
        "url": f"{config().base_url}/p/{plan.slug}?thread={thread.id}#t{thread.id}",
        "opened_on_version": thread.opened_on,
        "comments": [_comment(comment) for comment in thread.comments],
    }


def _comment(comment: Comment) -> dict[str, Any]:
    return {
        "id": str(comment.id),
        "author": {"name": comment.author.name, "role": comment.author.role},
        "via": comment.via or None,
        "body": comment.body,
        "deleted": comment.deleted_at is not None,
        "created_at": comment.created_at.isoformat().replace("+00:00", "Z"),
    }


def _answer(thread: Thread) -> dict[str, Any] | None:
    if thread.answer_status is None:
        return None
    return {
        "status": thread.answer_status,
        "note": thread.answer_note,
        "unchanged": thread.answer_unchanged,
    }
