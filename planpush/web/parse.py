"""JSON bodies, parsed at the door into typed objects; what is wrong is told field by field."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from flask import request
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from planpush.content.blocks import has_controls
from planpush.content.problem import Finding, Malformed, Problem

_MOST_ERRORS = 20


class Body(BaseModel):
    """The base of every request body: strict types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


Parsed = TypeVar("Parsed", bound=Body)


def _plain(text: str) -> str:
    if has_controls(text):
        raise ValueError("control characters are not allowed; take them out")
    return text


def _line(text: str) -> str:
    if has_controls(text, keep=""):
        raise ValueError("one line without control characters, please")
    if not text.strip():
        raise ValueError("write something")
    return text.strip()


Plain = AfterValidator(_plain)
Title = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_line)]
Note = Annotated[str, StringConstraints(max_length=2000), Plain]


def parse_body(kind: type[Parsed]) -> Parsed:
    """Return the request's JSON as a `kind`. Raises 400, 415 or 422 that name the field."""
    if request.mimetype != "application/json":
        message = "send Content-Type: application/json"
        raise Problem(message, [Finding("media_type", message, field="Content-Type")], status=415,
                      code="unsupported_media_type")  # fmt: skip
    data = request.get_data()
    if not data:
        raise Malformed(
            "The body is empty.", [Finding("empty", "send a JSON object", field="body")]
        )
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        raise _malformed(error) from None


def parse_query(kind: type[Parsed]) -> Parsed:
    """Return the request's query as a `kind`; an empty value counts as left out."""
    values = {name: value for name, value in request.args.items() if value}
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise _malformed(error) from None


def _malformed(error: ValidationError) -> Malformed:
    findings = [_finding(item) for item in error.errors(include_url=False)[:_MOST_ERRORS]]
    detail = "; ".join(f"{finding.field}: {finding.message}" for finding in findings[:3])
    return Malformed(detail, findings)


def _finding(item: Any) -> Finding:
    place = ""
    for part in item["loc"]:
        place += f"[{part}]" if isinstance(part, int) else ("." if place else "") + part
    code = {"extra_forbidden": "unknown_field", "missing": "required"}.get(
        item["type"], item["type"]
    )
    message = item["msg"].removeprefix("Value error, ")
    return Finding(code, message, field=place or "body")
