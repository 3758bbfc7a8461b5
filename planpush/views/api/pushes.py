"""Pushes: an agent brings a document, as JSON by section or as one HTML page."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, jsonify, request

from planpush.content import limits
from planpush.content.cut import cut
from planpush.content.problem import Finding, Invalid
from planpush.models.idempotency import IdempotencyKey
from planpush.models.manifest import Push, SectionPush
from planpush.models.plan import Plan
from planpush.models.push import Pushed, prepare, push_new
from planpush.views.api.bodies import PushBody, PushQuery
from planpush.web.auth import begin_writing, config, current_user, prepares, scope
from planpush.web.limits import limited
from planpush.web.parse import one_line, parse_body, parse_query, text_body

pushes = Blueprint("api_pushes", __name__, url_prefix="/api")


@pushes.post("/push")
@scope("plans:write")
@prepares
@limited("push", limit=240, seconds=60, apart=True)
def create() -> tuple[Response, int]:
    """Push a document; the same key and body again get the first answer.

    The long work is done before the transaction that writes, so that it holds up nobody else.
    """
    key = request.headers.get("Idempotency-Key")
    body = hashlib.sha256(request.query_string + b"\0" + request.get_data()).hexdigest()
    known = IdempotencyKey.answered(key, body, by=current_user()) if key is not None else None
    if known is not None:
        return jsonify(known.answer), known.status
    slug, push, warnings = _from_html() if request.mimetype == "text/html" else _from_json()
    plan = Plan.find(slug, current_user()) if slug else None
    push = prepare(push, plan, by=current_user())
    begin_writing()
    return _store(slug, push, warnings, key, body)


def _store(
    slug: str | None, push: Push, warnings: list[Finding], key: str | None, body: str
) -> tuple[Response, int]:
    user = current_user()
    claimed, first = IdempotencyKey.claim(key, body, by=user) if key is not None else (None, True)
    if claimed is not None and not first:
        return jsonify(claimed.answer), claimed.status
    if slug is None:
        done = push_new(push, by=user)
    else:
        done = Plan.find(slug, user, lock=True).push(push, by=user)
    answer, status = _answer(done, warnings), 201 if done.created else 200
    if claimed is not None:
        claimed.remember(status, answer)
    return jsonify(answer), status


def _from_json() -> tuple[str | None, Push, list[Finding]]:
    body = parse_body(PushBody, ("application/json", "text/html"))
    return body.plan, body.to_push(config().max_document_bytes), []


def _from_html() -> tuple[str | None, Push, list[Finding]]:
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
