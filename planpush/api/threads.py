"""Lists, shows and starts threads."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from flask import Blueprint, Response, jsonify

from planpush.accounts.user import User
from planpush.api.operations import describes
from planpush.api.request_bodies import ThreadBody
from planpush.api.request_queries import ThreadsQuery
from planpush.api.responses import ThreadAnswer, ThreadsAnswer
from planpush.comments.comment import checked_body
from planpush.comments.thread import OPEN
from planpush.comments.thread_rows import CommentRow, ThreadRow, thread_on
from planpush.comments.version_view import Card, Reading
from planpush.database.session import iso
from planpush.events.event import Event
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.web.auth import config, current_user, scope
from planpush.web.parsing import cursor_of, number_of, parse_body, parse_query
from planpush.web.rate_limits import limited
from planpush.web.responses import Claim
from planpush.web.retries import claim_retry

threads = Blueprint("api_threads", __name__, url_prefix="/api/plans")


@threads.get("/<slug>/threads")
@scope("plans:read")
@describes({200: ThreadsAnswer}, 410, query=ThreadsQuery)
def index(slug: str) -> Response:
    """Answer the threads on the newest version, in document order; `since` a cursor: what moved."""
    query = parse_query(ThreadsQuery)
    return jsonify(threads_of(current_user(), slug, query.state, query.since))


@threads.post("/<slug>/threads")
@scope("comments:write")
@describes({201: ThreadAnswer}, 410, body=ThreadBody, retries=True)
@limited("comment", limit=300, seconds=60)
def create(slug: str) -> tuple[Response, int]:
    """Open a thread on words, an element, a table's cell, or the whole plan."""
    user = current_user()
    plan = Plan.find(slug, user, lock=True)
    body = parse_body(ThreadBody)
    return jsonify(_open(plan, body, user, claim_retry(user))), 201


def threads_of(user: User, slug: str, state: str = OPEN, since: str = "") -> dict[str, Any]:
    """Return the threads of a plan that have a state ("all": any), and a cursor for later."""
    plan = Plan.find(slug, user)
    cursor = Event.newest(plan.id)
    touched = Event.threads_since(plan.id, number_of(since, "since")) if since else None
    return listed(plan, cursor, state=state, touched=touched)


def listed(
    plan: Plan, cursor: int, *, state: str = "all", touched: Container[int] | None = None
) -> dict[str, Any]:
    """Return threads on the newest version in document order: those `touched`, unless all are."""
    cards = [
        card
        for card in Reading(plan).cards
        if state in ("all", card.thread.state) and (touched is None or card.thread.id in touched)
    ]
    found = [thread_as_dict(plan, card) for card in cards]
    return {"threads": found, "cursor": cursor_of(cursor)}


def _open(plan: Plan, body: ThreadBody, user: User, claimed: Claim) -> dict[str, Any]:
    on = body.version or plan.newest
    Version.of(plan, on)
    words, made = checked_body(body.body), claimed.made
    if claimed.first:
        thread = plan.open_thread(
            body.to_place(), words, by=user, on=on, blocking=body.blocking, via="agent"
        )
        made = claimed.keep(thread.id)
    return newest_as_dict(plan, made or 0)


def newest_as_dict(plan: Plan, thread_id: int) -> dict[str, Any]:
    """Return a thread as it is on the newest version of its plan."""
    return thread_as_dict(plan, Card(*thread_on(plan, plan.newest, thread_id)))


def thread_address(plan: Plan, thread_id: int) -> str:
    """Return the address of a thread for people."""
    return f"{config().base_url}/p/{plan.slug}?thread={thread_id}#t{thread_id}"


def thread_as_dict(plan: Plan, card: Card) -> dict[str, Any]:
    """Return a thread as the API shows it."""
    thread, place, origin = card.thread, card.placement, card.origin
    return {
        "id": str(thread.id),
        "state": thread.state,
        "kind": thread.kind,
        "anchor": origin.section,
        "quote": card.then,
        "now": place.words,
        "row": origin.row,
        "column": origin.column,
        "blocking": thread.blocking,
        "placement": {
            "state": place.state,
            "anchor": place.section,
            "confirmed": place.confirmed,
        },
        "answer": _answer(thread),
        "url": thread_address(plan, thread.id),
        "opened_on_version": thread.opened_on,
        "comments": [comment_as_dict(comment) for comment in thread.comments],
    }


def comment_as_dict(comment: CommentRow) -> dict[str, Any]:
    """Return a comment as the API shows it: its body is data, whatever it says."""
    return {
        "id": str(comment.id),
        "author": {"name": comment.author.name, "role": comment.author.role},
        "via": comment.via or None,
        "body": comment.body,
        "deleted": comment.deleted_at is not None,
        "created_at": iso(comment.created_at),
    }


def _answer(thread: ThreadRow) -> dict[str, Any] | None:
    if thread.answer_status is None:
        return None
    return {
        "status": thread.answer_status,
        "note": thread.answer_note,
        "unchanged": thread.answer_unchanged,
    }
