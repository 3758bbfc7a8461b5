"""Checks folders, files and installed packages."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

from planpush.config import Config
from planpush.doctor.line import Line, fail, ok, warn
from planpush.document.diagrams import renderer
from planpush.paths import STATIC, TEMPLATES
from planpush.web.assets import STYLES, VENDOR

_GB = 1024**3
_LITTLE, _NEXT_TO_NOTHING = 2 * _GB, 200 * 1024**2  # bytes of free space
_OPEN = 4096  # files: each open page is one
_REINSTALL = "Install planpush anew: docs/install.md."


def folder(config: Config) -> Iterator[Line]:
    """Look at DATA_DIR: is it there, is it ours alone, is there room."""
    name, path = "DATA_DIR", config.data_dir
    if not path.is_dir():
        yield fail(name, f"there is no folder {path}",
                   "`planpush migrate` or `planpush serve` makes it.")  # fmt: skip
        return
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield fail(name, f"{path} cannot be written to by this user",
                   "Give it to the user that planpush runs as: chown.")  # fmt: skip
        return
    open_ones = [one for one in (path, *_kept(path)) if one.stat().st_mode & 0o077]
    if open_ones:
        names = ", ".join(map(str, open_ones[:3]))
        yield warn(name, f"others on this machine may look into {names}",
                   f"chmod -R go= {path}")  # fmt: skip
    yield _room(name, path)


def _kept(path: Path) -> list[Path]:
    return [one for one in sorted(path.iterdir()) if one.is_file()]


def _room(name: str, path: Path) -> Line:
    disk = shutil.disk_usage(path)
    told = f"{disk.free / _GB:.1f} GB are free of {disk.total / _GB:.1f}, in {path}"
    fix = "Make room: on a full disk nothing can be saved."
    if disk.free < _NEXT_TO_NOTHING:
        return fail(name, told, fix)
    return warn(name, told, fix) if disk.free < _LITTLE else ok(name, told)


def assets() -> Iterator[Line]:
    """Look whether the files that browsers get are there, and unchanged."""
    name, manifest = "assets", STATIC / "vendor" / "manifest.json"
    wanted = [STATIC / "css" / f"{one}.css" for one in STYLES] + [TEMPLATES / "base.html"]
    missing = [one.name for one in wanted if not one.is_file()]
    try:
        listed = json.loads(manifest.read_text())
    except (OSError, ValueError):
        yield fail(name, "the list of browser libraries cannot be read", _REINSTALL)
        return
    for one in VENDOR:
        path = STATIC / "vendor" / one
        if not path.is_file() or one not in listed:
            missing.append(one)
        elif _integrity(path) != listed[one]["integrity"]:
            yield fail(name, f"{one} is not the file that was installed", _REINSTALL)
    if missing:
        yield fail(name, f"missing: {', '.join(missing)}", _REINSTALL)
    else:
        yield ok(name, f"{len(wanted)} of ours and {len(VENDOR)} browser libraries are there")


def _integrity(path: Path) -> str:
    digest = hashlib.sha384(path.read_bytes()).digest()
    return f"sha384-{base64.b64encode(digest).decode()}"


def diagrams() -> Iterator[Line]:
    """Draw a diagram."""
    name = "diagrams"
    if not renderer.is_installed():
        yield warn(name, "no engine is installed: people see the source of diagrams",
                   "pip install 'planpush[diagrams]', where its wheel fits.")  # fmt: skip
        return
    answers, seconds = renderer.render(["flowchart LR\n  a[One] --> b[Two]"])
    if answers and answers[0].svg:
        yield ok(name, f"one was drawn in {seconds * 1000:.0f} ms")
    else:
        yield fail(name, "the engine draws nothing", "pip install --force-reinstall merman")


def limits() -> Iterator[Line]:
    """Look at how many files a process may open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    told = "any number" if most == resource.RLIM_INFINITY else f"{most:,}"
    told = f"a process may have {told} files open, and each open page is one"
    if 0 <= most < _OPEN:
        fix = "Raise it: ulimit -Hn, LimitNOFILE= in a unit, ulimits: in a compose file."
        yield warn("open files", told, fix)
    else:
        yield ok("open files", told)
