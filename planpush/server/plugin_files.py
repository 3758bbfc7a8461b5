"""Serves the plugin with this server's address in it.

The host takes archives by https only, and checks the hash that the marketplace file names.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from flask import Blueprint, Response, request

from planpush.errors import NotFound
from planpush.paths import PLUGIN
from planpush.web.auth import config, public

_MANIFEST = ".claude-plugin/plugin.json"
_SERVER = "skills/planpush/scripts/server.json"  # where the helper looks for its server
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest date that an archive can hold
_KEPT = ("name", "version", "description", "author", "license", "keywords")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file that the server hands out: the same bytes for the same plugin, on every machine."""

    version: str
    data: bytes
    sha256: str


@cache
def archive(server: str) -> Delivery:
    """Return the plugin with the address of `server` baked in; packed once per process."""
    files = dict(_files())
    files[_SERVER] = json.dumps({"server": server}).encode() + b"\n"
    return _delivery(_pack(files))


@cache
def marketplace(server: str) -> Delivery:
    """Return the marketplace file of `server`: one plugin, its archive, and the archive's hash."""
    manifest, packed = _manifest(), archive(server)
    source = {
        "source": "archive",
        "url": f"{server}/plugin/planpush-{packed.version}.zip",
        "sha256": packed.sha256,
    }
    plugin = {name: manifest[name] for name in _KEPT} | {"category": "productivity"}
    found = {
        "name": "planpush",
        "description": f"The planpush plugin for {server}",
        "owner": manifest["author"],
        "plugins": [plugin | {"source": source}],
    }
    return _delivery(json.dumps(found, indent=2).encode() + b"\n")


def _delivery(data: bytes) -> Delivery:
    return Delivery(_manifest()["version"], data, hashlib.sha256(data).hexdigest())


def _manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PLUGIN / _MANIFEST).read_text(encoding="utf-8"))
    return found


def _files() -> Iterator[tuple[str, bytes]]:
    """Yield what belongs to the plugin; not what Python or an editor left beside it."""
    for path in PLUGIN.rglob("*"):
        name = path.relative_to(PLUGIN)
        if path.is_file() and not path.is_symlink() and _belongs(name):
            yield name.as_posix(), path.read_bytes()


def _belongs(name: Path) -> bool:
    hidden = any(part.startswith(".") for part in name.parts if part != ".claude-plugin")
    return not hidden and "__pycache__" not in name.parts and name.suffix != ".pyc"


def _pack(files: dict[str, bytes]) -> bytes:
    """Return the archive: in order, undated and uncompressed, as compressors differ by machine."""
    held = io.BytesIO()
    with ZipFile(held, "w", ZIP_STORED) as packed:
        for name in sorted(files):
            entry = ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix: the modes below count
            mode = 0o100755 if files[name].startswith(b"#!") else 0o100644
            entry.external_attr = mode << 16
            packed.writestr(entry, files[name])
    return held.getvalue()


deliveries = Blueprint("deliveries", __name__, url_prefix="/plugin")


@deliveries.get("/marketplace.json")
@public
def index() -> Response:
    """Answer the marketplace file that names the archive and its hash."""
    found = marketplace(config().base_url)
    return _lasting(Response(found.data, mimetype="application/json"), found.sha256)


@deliveries.get("/planpush-<version>.zip")
@public
def show(version: str) -> Response:
    """Answer the plugin as an archive; only the version that this server carries."""
    found = archive(config().base_url)
    if version != found.version:
        raise NotFound("This server carries another version of the plugin.")
    return _lasting(Response(found.data, mimetype="application/zip"), found.sha256)


def _lasting(response: Response, sha256: str) -> Response:
    """Let a client ask whether what it keeps still holds: there is nothing secret in it."""
    response.set_etag(sha256)
    response.headers["Cache-Control"] = "public, no-cache"
    response.make_conditional(request)
    return response
