"""Plans for programs: lists, one plan, its outline, its document."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from flask import Blueprint, Response, jsonify, request

from planpush.content.problem import Finding, Malformed
from planpush.models.listing import list_plans
from planpush.models.outline import outline, summary
from planpush.models.plan import Plan
from planpush.models.section import expand, gzip_join
from planpush.models.version import Version
from planpush.web.auth import config, current_user, scope
from planpush.web.respond import number

plans = Blueprint("api_plans", __name__, url_prefix="/api/plans")


@plans.get("")
@scope("plans:read")
def index() -> Response:
    """Answer a page of the plans one may see."""
    page = _page_of(request.args.get("cursor", ""))
    listing = list_plans(current_user(), q=request.args.get("q", ""), page=page)
    more = page < listing.pages
    return jsonify(
        plans=[_plan(plan) for plan in listing.plans],
        cursor=_cursor(page + 1) if more else None,
    )


@plans.get("/<slug>")
@scope("plans:read")
def show(slug: str) -> Response:
    """Answer a plan with its versions, newest first."""
    plan = Plan.find(slug, current_user())
    versions = [
        {**summary(version), "direction": version.direction, "digest": version.digest}
        for version in Version.history(plan)
    ]
    return jsonify(**_plan(plan), versions=versions)


@plans.get("/<slug>/outline")
@scope("plans:read")
def outline_of(slug: str) -> Response:
    """Answer a version's sections: anchor, title, hash, open threads."""
    plan = Plan.find(slug, current_user())
    version = Version.of(plan, number("v"))
    return jsonify(version=version.number, digest=version.digest, sections=outline(plan, version))


@plans.get("/<slug>/document")
@scope("plans:read")
def document(slug: str) -> Response:
    """Answer a version's sanitised HTML; it never changes, so a 304 costs next to nothing."""
    version = Version.of(Plan.find(slug, current_user()), number("v"))
    response = Response(mimetype="text/html")
    if version.digest in request.if_none_match:
        response.status_code = 304
    else:
        _fill(response, version)
    response.set_etag(version.digest)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _fill(response: Response, version: Version) -> None:
    stored = [piece.html for piece in version.pieces()]
    plain = b"".join(expand(html) for html in stored)
    if request.accept_encodings["gzip"] > 0:
        response.set_data(gzip_join(stored, plain))
        response.headers["Content-Encoding"] = "gzip"
    else:
        response.set_data(plain)


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "plan": plan.slug,
        "title": plan.title,
        "url": f"{config().base_url}/p/{plan.slug}",
        "visibility": plan.visibility,
        "owner": plan.owner.name,
        "version": plan.newest,
        "open_threads": plan.open_threads,
        "resolved_threads": plan.resolved_threads,
        "comments": plan.comment_count,
        "updated_at": plan.active_at.isoformat().replace("+00:00", "Z"),
    }


def _cursor(page: int) -> str:
    return base64.urlsafe_b64encode(f"p{page}".encode()).decode().rstrip("=")


def _page_of(cursor: str) -> int:
    try:
        text = (
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode() if cursor else "p1"
        )
        page = int(text.removeprefix("p"))
    except (ValueError, binascii.Error):
        page = 0
    if not 1 <= page <= 10**6:
        message = "take the cursor from the answer before"
        raise Malformed(message, [Finding("malformed", message, field="cursor")])
    return page
