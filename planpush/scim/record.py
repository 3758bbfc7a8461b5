"""What SCIM users and groups share."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

from flask import g
from scim2_models import InvalidValueException, Resource

from planpush.accounts.groups import Group
from planpush.accounts.user import User
from planpush.database.session import now
from planpush.events.event import Event

_ROW, _TOO_HIGH = re.compile("[1-9][0-9]{0,9}"), 2**31
_MOST_KEPT = 64 * 1024  # it is read with every request of that person


def row_id(told: str, prefix: str) -> int:
    """Return the row that an id stands for, 0 if it can be none of ours."""
    digits = told.removeprefix(prefix)
    fits = told.startswith(prefix) and _ROW.fullmatch(digits) is not None
    return int(digits) if fits and int(digits) < _TOO_HIGH else 0


def etag(row: User | Group) -> str:
    """Return the version of a row: weak, since it says nothing of the bytes."""
    return f'W/"{row.updated_at:%Y%m%d%H%M%S%f}"'


def touch(row: User | Group) -> None:
    """Give a row another version, whatever the clock says."""
    row.updated_at = max(now(), row.updated_at + timedelta(microseconds=1))


def kept(resource: Resource[Any], ours: frozenset[str]) -> dict[str, Any]:
    """Return the attributes that have no column. Raises `InvalidValueException`."""
    said = resource.model_dump()
    if "\\u0000" in json.dumps(said):  # PostgreSQL stores no such character
        raise InvalidValueException(detail="NUL characters are not allowed")
    found = {name: value for name, value in said.items() if name not in ours}
    if len(json.dumps(found)) > _MOST_KEPT:
        raise InvalidValueException(detail="that is more than this server keeps of one resource")
    return found


def changes(old: Resource[Any] | None, new: Resource[Any]) -> list[str]:
    """Return the names of the attributes that differ; `groups` and the like are not theirs."""
    before = old.model_dump() if old is not None else {}
    after = new.model_dump()
    names = (set(before) | set(after)) - {"schemas", "id", "meta", "groups"}
    return sorted(name for name in names if before.get(name) != after.get(name))


def name_of_token() -> str:
    """Return the name of the directory's token that this request came with."""
    token = g.get("token")
    return token.name if token is not None else ""


def note(kind: str, target: str, changed: list[str], **data: Any) -> None:
    """Write the one audit row of a SCIM write."""
    told = {"token": name_of_token(), "changed": changed} | data
    Event.record(kind, by=None, target=target, data=told)
