"""Outlines for programs: a version's sections without their content."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from planpush.models.outline import outline
from planpush.models.plan import Plan
from planpush.models.version import Version
from planpush.views.api.operations import describes
from planpush.views.api.queries import VersionQuery
from planpush.views.api.shapes import OutlineAnswer
from planpush.web.auth import current_user, scope
from planpush.web.parse import parse_query

outlines = Blueprint("api_outlines", __name__, url_prefix="/api/plans")


@outlines.get("/<slug>/outline")
@scope("plans:read")
@describes({200: OutlineAnswer}, 410, query=VersionQuery)
def show(slug: str) -> Response:
    """Answer a version's sections: anchor, title, hash, open threads."""
    plan = Plan.find(slug, current_user())
    version = Version.of(plan, parse_query(VersionQuery).number)
    return jsonify(version=version.number, digest=version.digest, sections=outline(plan, version))
