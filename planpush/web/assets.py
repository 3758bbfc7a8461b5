"""Static files with content hashes in their addresses.

A file is read and compressed once in a process. All styles are one file, as each file more is a
wait on a slow network; the modules are not, but none of them is ever asked for again.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
import os
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

from flask import Flask, Response, abort, request, url_for
from werkzeug.security import safe_join

from planpush.paths import STATIC

STYLES = (
    "tokens", "base", "plans", "threads", "panel", "comments", "places",
    "reviews", "versions", "comparisons",
    "dashboard", "bulk", "settings", "notices", "activity", "admin", "deliveries", "doc",
    "doc-parts", "doc-flow", "doc-screens", "doc-diagrams", "docs", "print",
)  # fmt: skip
VENDOR = ("htmx.min.js", "hx-sse.min.js")
SHEET = "css/all.css"
_MODULES = "js/"
_YEAR = 365 * 24 * 3600


class _Kept(NamedTuple):
    plain: bytes
    packed: bytes
    digest: str


def init_assets(app: Flask) -> None:
    """Let browsers keep a static file for a year when its address names its content."""
    app.view_functions["static"] = _send
    app.add_url_rule("/static/at/<v>/<path:filename>", "static", _send)


def asset(path: str) -> str:
    """Return the address of a static file. Raises `FileNotFoundError` for an unknown one."""
    return _address(path, request.script_root)


@cache
def _address(path: str, _root: str) -> str:
    """A version stands in the path: what a module imports from beside it has that too."""
    return url_for("static", v=_version(path), filename=path)


def _version(path: str) -> str:
    return _modules() if path.startswith(_MODULES) else _kept(path).digest


@cache
def _modules() -> str:
    digest = hashlib.sha256()
    for path in sorted((STATIC / _MODULES).glob("*.js")):
        digest.update(_kept(f"{_MODULES}{path.name}").plain)  # no upgrade may come in between
    return digest.hexdigest()[:12]


@cache
def _kept(path: str) -> _Kept:
    files = [STATIC / path]
    if path == SHEET:
        files = [STATIC / "css" / f"{name}.css" for name in STYLES]
    plain = b"".join(file.read_bytes() for file in files)
    packed = gzip.compress(plain, 9, mtime=0)
    return _Kept(plain, packed, hashlib.sha256(plain).hexdigest()[:12])


@cache
def _manifest() -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((STATIC / "vendor" / "manifest.json").read_text())
    except FileNotFoundError:
        raise RuntimeError(
            "static/vendor is empty: run `pip install -e .`, which fetches the browser libraries"
        ) from None
    return found


def vendor(name: str) -> dict[str, str]:
    """Return address and integrity of a browser library."""
    return {"src": asset(f"vendor/{name}"), "integrity": _manifest()[name]["integrity"]}


@cache
def release() -> str:
    """Return what differs from one release's pages to another's, for their ETags."""
    return f"{version('planpush')} {_version(SHEET)} {_version('js/app.js')}"


def _send(filename: str, v: str = "") -> Response:
    """Answer a static file as it is, or compressed."""
    there = safe_join(str(STATIC), filename)
    path = "" if there is None else os.path.relpath(there, STATIC)  # one for each file
    if there is None or not (path == SHEET or os.path.isfile(there)):  # noqa: PTH113 - False for a name too long
        abort(404)
    kept = _kept(path)
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    takes = request.accept_encodings["gzip"] > 0
    response = Response(kept.packed if takes else kept.plain, mimetype=kind)
    response.vary.add("Accept-Encoding")
    if takes:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(kept.digest + "-gzip" * takes)
    # While a release replaces another, one may be asked for a file of the other: not for a year.
    named = v == _version(path)
    age = f"public, max-age={_YEAR}, immutable" if named else "public, no-cache"
    response.headers["Cache-Control"] = age
    response.make_conditional(request)
    return response
