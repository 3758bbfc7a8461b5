"""Whether a plan is clear to build."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from planpush.accounts.user import User
from planpush.api.operations import describes
from planpush.api.request_queries import GateQuery
from planpush.api.responses import GateAnswer
from planpush.plans.plan import Plan
from planpush.reviews.gate import gate
from planpush.web.auth import current_user, scope
from planpush.web.parsing import parse_query

gates = Blueprint("api_gates", __name__, url_prefix="/api/plans")


@gates.get("/<slug>/gate")
@scope("plans:read")
@describes({200: GateAnswer}, query=GateQuery)
def show(slug: str) -> Response:
    """Answer whether a plan is clear to build, and if not, why."""
    query = parse_query(GateQuery)
    version = int(query.version) if query.version else None
    return jsonify(gate_of(current_user(), slug, version, query.digest))


def gate_of(
    user: User, slug: str, version: int | None = None, digest: str | None = None
) -> dict[str, Any]:
    """Return the gate of a plan's newest version."""
    found = gate(Plan.find(slug, user), version=version, digest=digest or "")
    reasons = [
        {"code": reason.code, "message": reason.message,
         "threads": [str(thread_id) for thread_id in reason.threads]}
        for reason in found.reasons
    ]  # fmt: skip
    return {
        "state": "open" if found.is_open else "blocked",
        "version": found.version.number,
        "digest": found.version.digest,
        "reasons": reasons,
    }
