"""Lints a document without storing it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from planpush.api.operations import BOTH, describes
from planpush.api.request_bodies import PushBody
from planpush.api.request_queries import PushQuery
from planpush.api.responses import LintAnswer
from planpush.document.lint.linter import check_size, review, review_page
from planpush.errors import Finding
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.versions.placements import abandoned
from planpush.web.auth import config, current_user, prepares, scope
from planpush.web.parsing import parse_body, parse_query, text_body
from planpush.web.rate_limits import limited

lints = Blueprint("api_lints", __name__, url_prefix="/api")
Found = tuple[list[Finding], list[Finding]]


@lints.post("/lint")
@scope("plans:write")
@describes({200: LintAnswer}, 404, 410, query=PushQuery, body=PushBody, takes=BOTH)
@prepares
@limited("lint", limit=240, seconds=60, apart=True)
def create() -> Response:
    """Answer the errors and warnings of a document, as JSON by section or as one HTML page."""
    found = _page() if request.mimetype == "text/html" else _sections()
    errors, warnings = ([finding.as_dict() for finding in kind] for kind in found)
    return jsonify(errors=errors, warnings=warnings)


def _sections() -> Found:
    body = parse_body(PushBody, BOTH)
    check_size([part.html for part in body.sections], config().max_document_bytes)
    kept = [part.anchor for part in body.sections]
    renamed = [part.was for part in body.sections if part.was]
    gone = _abandoned(body.plan, [*kept, *renamed], body.base_version)
    errors, warnings = review(
        [(part.anchor, part.html) for part in body.sections],
        allow_secrets=body.allow_secrets,
    )
    return errors, [*gone, *warnings]


def _page() -> Found:
    query = parse_query(PushQuery)
    html = text_body(config().max_document_bytes)
    errors, warnings, anchors = review_page(
        html, "body", allow_secrets=query.allow_secrets == "true"
    )
    return errors, [*(_abandoned(query.plan, anchors) if anchors else []), *warnings]


def _abandoned(slug: str | None, kept: list[str], base: int | None = None) -> list[Finding]:
    """Return what a push would leave behind; nothing where it would be a conflict."""
    if slug is None:
        return []
    plan = Plan.find(slug, current_user())
    newest = Version.of(plan)
    return abandoned(plan, newest, kept) if base in (None, newest.number) else []
