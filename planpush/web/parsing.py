"""Parses JSON bodies into typed objects, with errors per field."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from flask import request
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from planpush.document.blocks import has_controls
from planpush.errors import Finding, Malformed, Problem, TooLarge

ANCHOR = r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$"
HASH = r"^[0-9a-f]{64}$"
THREAD_ID = r"^[1-9][0-9]{0,8}$"
NUMBER = r"^[0-9]{1,9}$"
_MOST_ERRORS = 20
_LISTED = 10_000  # errors: all are listed to tell of the first, each at a cost
# Letters that show nothing: a name made of them is none, and one with them looks like another.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0d\U000e0100-\U000e01ef]"
)
_TOLD = {
    "extra_forbidden": ("unknown_field", "take it out, or check its spelling"),
    "missing": ("required", "send it"),
    "string_pattern_mismatch": ("malformed", ""),
}
# What a pattern asks for, in words.
FORMS = {
    ANCHOR: "use lower-case letters, digits and hyphens, at most 64 characters",
    HASH: "send a SHA-256 as 64 lower-case hex digits",
    THREAD_ID: 'send a thread\'s id as text, like "12"',
    NUMBER: "send a whole number",
}


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
    if not any(mark.isprintable() and not mark.isspace() for mark in _UNSEEN.sub("", text)):
        raise ValueError("write something that can be seen")
    return text.strip()


def one_line(text: str) -> str:
    """Return `text` without what does not show, as a title that was found, not given."""
    kept = "".join(mark if mark.isprintable() or mark == " " else " " for mark in text)
    kept = _UNSEEN.sub("", kept)
    return " ".join(kept.split())[:200]


Plain = AfterValidator(_plain)
Title = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_line)]
Note = Annotated[str, StringConstraints(max_length=2000), Plain]


def parse_body(kind: type[Parsed], types: Sequence[str] = ("application/json",)) -> Parsed:
    """Return the request's JSON as a `kind`. Raises 400, 415 or 422 that name the field."""
    if request.mimetype != "application/json":
        message = f"send Content-Type: {' or '.join(types)}"
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


def parse_values(kind: type[Parsed], values: dict[str, Any]) -> Parsed:
    """Return what JSON said as a `kind`. Raises 400 that names the field."""
    try:
        return kind.model_validate_json(json.dumps(values))  # lone surrogates are refused so
    except RecursionError:
        raise Malformed("This is nested too deeply.") from None
    except ValidationError as error:
        raise _malformed(error) from None


def parse_query(kind: type[Parsed]) -> Parsed:
    """Return the request's query as a `kind`; an empty value counts as left out."""
    values = {name: value for name, value in request.args.items() if value}
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise _malformed(error) from None


def text_body(largest: int) -> str:
    """Return the request's body as text. Raises 413 over `largest` bytes, 400 if not UTF-8."""
    data = request.get_data()
    if len(data) > largest:
        raise TooLarge(f"The document has {len(data):,} bytes; this server takes {largest:,}.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        message = f"the body is not UTF-8: byte {error.start} cannot be read"
        raise Malformed(message, [Finding("not_utf8", message, field="body")]) from None


def cursor_of(number: int) -> str:
    """Return the opaque form of a page or of an event's number."""
    return base64.urlsafe_b64encode(f"p{number}".encode()).decode().rstrip("=")


def number_of(
    cursor: str, field: str = "cursor", *, least: int = 0, largest: int = 2**31 - 1
) -> int:
    """Return the number in a cursor. Raises 400 for one that is not ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        number = int(base64.urlsafe_b64decode(padded).decode().removeprefix("p"))
    except (ValueError, binascii.Error):
        number = -1
    if not least <= number <= largest:
        message = f"take the {field} from the answer before"
        raise Malformed(message, [Finding("malformed", message, field=field)])
    return number


def _malformed(error: ValidationError) -> Malformed:
    if (count := error.error_count()) > _LISTED:
        message = f"{count:,} things are wrong: this is not what the address takes"
        return Malformed(message, [Finding("too_many_errors", message, field="body")])
    findings = [_finding(item) for item in error.errors(include_url=False)[:_MOST_ERRORS]]
    detail = "; ".join(f"{finding.field}: {finding.message}" for finding in findings[:3])
    return Malformed(detail, findings)


def _finding(item: Any) -> Finding:
    place = ""
    for part in item["loc"]:
        place += f"[{part}]" if isinstance(part, int) else ("." if place else "") + part
    code, fix = _TOLD.get(item["type"], (item["type"], ""))
    message = item["msg"].removeprefix("Value error, ")
    if item["type"] == "string_pattern_mismatch":
        message = FORMS.get(item["ctx"]["pattern"], message)
    return Finding(code, message, fix, field=place or "body")
