"""Registers /scim/v2."""

from __future__ import annotations

from flask import Blueprint, Response

scim = Blueprint("scim", __name__, url_prefix="/scim/v2")
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@scim.route("/", methods=_METHODS, endpoint="search_root")  # the name the library looks for
@scim.route("/<path:_path>", methods=_METHODS)
def update(_path: str = "") -> Response:
    """Answer whatever a directory asks: the library knows the addresses below."""
    # Imported when first needed: its models take a second, which most processes never need.
    from planpush.scim.service import answer

    return answer()
