"""JSON schemas of what the tools take, in a form that every client understands."""

from __future__ import annotations

from functools import cache
from typing import Any

from planpush.web.parse import Body


@cache
def schema_of(kind: type[Body]) -> dict[str, Any]:
    """Return the schema of a body, whole: some clients do not follow references."""
    schema = kind.model_json_schema()
    found: dict[str, Any] = _whole(schema, schema.pop("$defs", {}))
    return {name: value for name, value in found.items() if name not in ("title", "description")}


def _whole(part: Any, known: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_whole(item, known) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        found = known[part["$ref"].rpartition("/")[2]]
        part = found | {name: value for name, value in part.items() if name != "$ref"}
    return {name: _whole(value, known) for name, value in part.items()}
