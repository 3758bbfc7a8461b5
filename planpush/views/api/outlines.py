"""Outlines for programs: a version's sections without their content."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from planpush.models.outline import outline
from planpush.models.plan import Plan
from planpush.models.version import Version
from planpush.web.auth import current_user, scope
from planpush.web.respond import number

outlines = Blueprint("api_outlines", __name__, url_prefix="/api/plans")


@outlines.get("/<slug>/outline")
@scope("plans:read")
def show(slug: str) -> Response:
    """Answer a version's sections: anchor, title, hash, open threads."""
    plan = Plan.find(slug, current_user())
    version = Version.of(plan, number("v"))
    return jsonify(version=version.number, digest=version.digest, sections=outline(plan, version))
