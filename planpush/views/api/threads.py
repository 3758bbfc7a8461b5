"""Threads for programs: what people said, where, and what stands there today."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from planpush.content.problem import Finding, Malformed
from planpush.db import iso
from planpush.models.comment import Comment
from planpush.models.event import Event
from planpush.models.plan import Plan
from planpush.models.reading import Card, Reading
from planpush.models.thread import OPEN, RESOLVED, Thread
from planpush.web.auth import config, current_user, scope
from planpush.web.parse import cursor_of, number_of

threads = Blueprint("api_threads", __name__, url_prefix="/api/plans")
STATES = (OPEN, RESOLVED, "all")


@threads.get("/<slug>/threads")
@scope("plans:read")
def index(slug: str) -> Response:
    """Answer the threads on the newest version, in document order; `since` a cursor: what moved."""
    state = request.args.get("state", OPEN)
    if state not in STATES:
        message = f"state is one of {', '.join(STATES)}"
        raise Malformed(message, [Finding("malformed", message, field="state")])
    plan = Plan.find(slug, current_user())
    cursor = Event.newest(plan.id)
    since = request.args.get("since", "")
    touched = Event.threads_since(plan.id, number_of(since, "since")) if since else None
    cards = [
        card
        for card in Reading(plan).cards
        if state in ("all", card.thread.state) and (touched is None or card.thread.id in touched)
    ]
    return jsonify(threads=[thread_as_dict(plan, card) for card in cards], cursor=cursor_of(cursor))


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
        "created_at": iso(comment.created_at),
    }


def _answer(thread: Thread) -> dict[str, Any] | None:
    if thread.answer_status is None:
        return None
    return {
        "status": thread.answer_status,
        "note": thread.answer_note,
        "unchanged": thread.answer_unchanged,
    }
