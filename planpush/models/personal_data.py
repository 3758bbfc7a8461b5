"""Personal data: all that is stored about a person, as a file that they can take with them.

It is written while it is read, a table at a time and never more than a part of one in memory.
Hashes, secrets and what others wrote privately are not in it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import g
from sqlalchemy import select

from planpush.db import db, iso, now
from planpush.models.personal_rows import FILES, Query
from planpush.models.plan import Plan
from planpush.models.section import expand
from planpush.models.user import User
from planpush.models.version import Version

_AT_ONCE = 500  # rows in memory
README = """What this server stores about {name} <{email}>, as of {at}.

profile.json     who you are here, your roles and preferences, and what your directory said
*.json           one file for each kind of thing, an array of objects; times are UTC
plans/*.html     the newest version of each plan that you own, as its sections were stored

Not in it: tokens, codes and keys themselves (only hashes of them are stored), what you did within
plans that you may not see any more beyond your own words, and what others wrote besides comments
that mention you. Backups of the server hold the same data; ask its operator about them.
"""


class _Pipe(io.RawIOBase):
    """What was written since somebody took it: an archive goes out while it is made."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        """Tell that this takes bytes."""
        return True

    def write(self, data: Any) -> int:
        """Hold bytes until they are taken."""
        self.held += data
        return len(data)

    def taken(self) -> bytes:
        """Return what is held, and hold it no more."""
        data = bytes(self.held)
        self.held.clear()
        return data


def archive(user_id: int) -> Iterator[bytes]:
    """Yield a ZIP of all that is stored about a person. It only reads."""
    g.writes = False
    user, pipe, at = db.session.get_one(User, user_id), _Pipe(), now()
    about = README.format(name=user.name, email=user.email, at=iso(at))
    profile = _profile(user)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("README.txt", about)
        packed.writestr("profile.json", _json(profile))
        for name, rows in FILES.items():
            with packed.open(f"{name}.json", "w") as entry:
                for piece in _array(rows(user_id)):
                    entry.write(piece)
                    yield pipe.taken()
        for slug, pieces in _documents(user_id):
            with packed.open(f"plans/{slug}.html", "w") as entry:
                for html in pieces:
                    entry.write(html)
                    yield pipe.taken()
    yield pipe.taken()


def _profile(user: User) -> dict[str, Any]:
    return {
        "id": user.id, "email": user.email, "name": user.name, "roles": user.roles,
        "granted_roles": user.granted_roles, "groups": user.group_names, "active": user.active,
        "external_id": user.external_id, "directory": user.scim, "notify": user.notify,
        "keys": user.keys, "presence": user.presence, "looked_at": user.looked_at,
        "created_at": user.created_at, "updated_at": user.updated_at,
    }  # fmt: skip


def _array(query: Query) -> Iterator[bytes]:
    begun = False
    found = db.session.execute(query, execution_options={"yield_per": _AT_ONCE})
    for some in found.mappings().partitions():
        lines = ",\n".join(_json(dict(row)) for row in some)
        yield ((",\n" if begun else "[\n") + lines).encode()
        begun = True
    yield b"\n]\n" if begun else b"[]\n"


def _documents(user_id: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    plans = db.session.execute(select(Plan.id, Plan.slug).where(Plan.owner_id == user_id)).all()
    for plan_id, slug in plans:
        mine = Version.plan_id == plan_id, Version.purged_at.is_(None)
        newest = select(Version).where(*mine).order_by(Version.number.desc()).limit(1)
        version = db.session.scalar(newest)
        if version is not None:
            yield slug, (expand(row.html) + b"\n" for row in version.pieces())


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, default=_told)


def _told(value: Any) -> str:
    return iso(value) if isinstance(value, datetime) else str(value)
