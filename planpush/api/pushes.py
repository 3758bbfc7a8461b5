"""Pushes a document."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from planpush.accounts.idempotency import IdempotencyKey
from planpush.accounts.user import User
from planpush.api.operations import BOTH, describes
from planpush.api.request_bodies import PushBody
from planpush.api.request_queries import PushQuery
from planpush.api.responses import PushedAnswer
from planpush.document.sanitizer import limits
from planpush.document.sections import cut
from planpush.errors import Finding, Invalid
from planpush.plans.plan import Plan
from planpush.versions.push import Pushed, prepare, push_new
from planpush.versions.request import Push, SectionPush
from planpush.web.auth import begin_writing, config, current_user, prepares, scope
from planpush.web.metrics import counts_pushes, metrics
from planpush.web.parsing import one_line, parse_body, parse_query, text_body
from planpush.web.rate_limits import limited
from planpush.web.retries import retry_key

pushes = Blueprint("api_pushes", __name__, url_prefix="/api")
Asked = tuple[str | None, Push, list[Finding]]  # a plan's address, what to push, doubts of it


@pushes.post("/push")
@scope("plans:write")
@describes(
    {200: PushedAnswer, 201: PushedAnswer},
    404,
    410,
    query=PushQuery,
    body=PushBody,
    takes=BOTH,
    retries=True,
)
@prepares
@limited("push", limit=240, seconds=60, apart=True)
def create() -> tuple[Response, int]:
    """Push a document, as JSON by section or as one HTML page.

    A version is made, or, where the content is the newest version's already, none.
    """
    key = retry_key()
    digest = hashlib.sha256(request.query_string + b"\0" + request.get_data()).hexdigest()
    read = _from_html if request.mimetype == "text/html" else _from_json
    answer, status = _once(current_user(), read, key, digest)
    return jsonify(answer), status


def pushed(user: User, body: PushBody, key: str | None = None) -> tuple[dict[str, Any], int]:
    """Push; return the answer and its status. The same key and body again get the first answer."""
    digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    return _once(user, lambda: _asked(body), key, digest)


@counts_pushes
def _once(
    user: User, read: Callable[[], Asked], key: str | None, digest: str
) -> tuple[dict[str, Any], int]:
    # The long work is done before the transaction that writes, so that it holds up nobody else.
    known = IdempotencyKey.answered(key, digest, by=user) if key is not None else None
    if known is not None:
        return known.answer, known.status
    slug, push, warnings = read()
    plan = Plan.find(slug, user) if slug else None
    push = prepare(push, plan, by=user)
    begin_writing()
    claimed, first = IdempotencyKey.claim(key, digest, by=user) if key is not None else (None, True)
    if claimed is not None and not first:
        return claimed.answer, claimed.status
    answer, status = _store(user, slug, push, warnings)
    if claimed is not None:
        claimed.remember(status, answer)
    return answer, status


def _store(
    user: User, slug: str | None, push: Push, warnings: list[Finding]
) -> tuple[dict[str, Any], int]:
    if slug is None:
        done = push_new(push, by=user)
    else:
        done = Plan.find(slug, user, lock=True).push(push, by=user)
    return _answer(done, warnings), 201 if done.created else 200


def _from_json() -> Asked:
    return _asked(parse_body(PushBody, BOTH))


def _asked(body: PushBody) -> Asked:
    return body.plan, body.to_push(config().max_document_bytes), []


def _from_html() -> Asked:
    query = parse_query(PushQuery)
    html = text_body(config().max_document_bytes)
    limits.check(html)
    pieces = cut(html)
    if not pieces.pieces:
        message = "the document has no text: send HTML with sections or headings"
        raise Invalid(message, [Finding("empty", message, field="body")], code="invalid_document")
    title = query.title or (None if query.plan else one_line(pieces.title) or None)
    sections = [SectionPush(piece.anchor, piece.html) for piece in pieces.pieces]
    return query.plan, query.to_push(sections, title), list(pieces.warnings)


def _answer(done: Pushed, warnings: list[Finding]) -> dict[str, Any]:
    metrics().placed(done.threads)
    return {
        "plan": done.plan.slug,
        "version": done.version.number,
        "url": f"{config().base_url}/p/{done.plan.slug}",
        "title": done.plan.title,
        "visibility": done.plan.visibility,
        "sections": done.sections,
        "threads": done.threads,
        "unanswered": [str(thread_id) for thread_id in done.unanswered],
        "warnings": [finding.as_dict() for finding in [*warnings, *done.warnings]],
    }
