"""Static files: addresses that change with their content, so that browsers may keep them."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from flask import Flask, Response, request, url_for

from planpush.paths import STATIC

STYLES = (
    "tokens", "base", "plans", "threads", "panel", "comments", "places",
    "reviews", "versions", "comparisons",
    "dashboard", "bulk", "settings", "notices", "activity", "admin", "deliveries", "doc",
    "doc-parts", "doc-flow", "doc-screens", "doc-diagrams", "docs", "print",
)  # fmt: skip
VENDOR = ("htmx.min.js", "hx-csp.min.js", "hx-sse.min.js")
_YEAR = 365 * 24 * 3600


def init_assets(app: Flask) -> None:
    """Let browsers keep a static file for a year when its address names its content."""
    app.after_request(_cache)


@cache
def _hash(path: str) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]


def asset(path: str) -> str:
    """Return the address of a static file. Raises `FileNotFoundError` for an unknown one."""
    return _address(path, request.script_root)


@cache
def _address(path: str, _root: str) -> str:
    return url_for("static", filename=path, v=_hash(path))


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


def _cache(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code < 400:
        if request.args.get("v"):
            response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        else:
            response.headers["Cache-Control"] = "public, no-cache"
    return response
