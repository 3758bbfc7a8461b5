"""The sections of a version without their content."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from planpush.api.operations import describes
from planpush.api.request_queries import VersionQuery
from planpush.api.responses import OutlineAnswer
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.versions.outline import outline
from planpush.web.auth import current_user, scope
from planpush.web.parsing import parse_query

outlines = Blueprint("api_outlines", __name__, url_prefix="/api/plans")


@outlines.get("/<slug>/outline")
@scope("plans:read")
@describes({200: OutlineAnswer}, 410, query=VersionQuery)
def show(slug: str) -> Response:
    """Answer a version's sections: anchor, title, hash, open threads."""
    plan = Plan.find(slug, current_user())
    version = Version.of(plan, parse_query(VersionQuery).number)
    return jsonify(version=version.number, digest=version.digest, sections=outline(plan, version))
