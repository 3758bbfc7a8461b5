"""The sanitized HTML of a version."""

from __future__ import annotations

from flask import Blueprint, Response, request

from planpush.api.operations import HTML, describes
from planpush.api.request_queries import VersionQuery
from planpush.plans.plan import Plan
from planpush.plans.section import expand, gzip_join
from planpush.plans.version import Version
from planpush.web.auth import current_user, scope
from planpush.web.parsing import parse_query

documents = Blueprint("api_documents", __name__, url_prefix="/api/plans")


@documents.get("/<slug>/document")
@scope("plans:read")
@describes({200: HTML, 304: None}, 410, query=VersionQuery)
def show(slug: str) -> Response:
    """Answer a version's HTML; a version never changes, so its digest is the ETag."""
    version = Version.of(Plan.find(slug, current_user()), parse_query(VersionQuery).number)
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
    """Send the stored bytes as they are, if the client takes gzip: nothing is compressed anew."""
    stored = [piece.html for piece in version.pieces()]
    plain = b"".join(expand(html) for html in stored)
    if request.accept_encodings["gzip"] > 0:
        response.set_data(gzip_join(stored, plain))
        response.headers["Content-Encoding"] = "gzip"
    else:
        response.set_data(plain)
