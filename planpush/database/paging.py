"""Keyset pagination."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Index

from planpush.errors import Finding, Malformed

_READ: dict[str, Any] = {
    "active_at": datetime.fromisoformat,
    "created_at": datetime.fromisoformat,
    "title_key": str,
}
_SEEN = ("id", "deleted_at", "visibility", "owner_id")


def walk(*columns: str) -> Index:
    """Return the index that a list of plans in one order is read off, a page or twenty.

    It holds who may see a plan, too: to look that up in the rows takes three times as long.
    """
    seen = (name for name in _SEEN if name not in columns)
    return Index(f"ix_plans_by_{columns[0]}", "archived", *columns, *seen)


def behind(row: Any, column: str) -> str:
    """Return the place behind a row of a list that is sorted by a column, as an address holds it.

    It tells of the row what the list showed.
    """
    value = getattr(row, column)
    told = value.isoformat() if isinstance(value, datetime) else value
    packed = json.dumps([told, row.id], ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def place_of(told: str, column: str) -> tuple[Any, int]:
    """Return the value of a column and the id that a text tells. Raises `Malformed`."""
    try:
        value, row_id = json.loads(base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)))
        found = _READ.get(column, int)(value)
        if type(row_id) is int and 0 < row_id < 2**31 and _is_storable(found):
            return found, row_id
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
        pass
    message = "“after” or the cursor is none that we gave: begin without it."
    raise Malformed(message, [Finding("bad_cursor", message, field="cursor")])


def _is_storable(value: Any) -> bool:
    if isinstance(value, datetime):
        return value.tzinfo is not None and bool(value.astimezone(UTC))  # or it overflows
    if isinstance(value, int):
        return abs(value) < 2**31
    return "\0" not in value and not any(0xD800 <= ord(mark) <= 0xDFFF for mark in value)
