"""The errors that a request can end with; the web layer turns them into answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to fix: where it is (1-based line and column), what it is, and what to do."""

    code: str
    message: str
    fix: str = ""
    field: str = ""
    line: int = 0
    column: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: empty parts are left out."""
        parts = {
            "field": self.field,
            "code": self.code,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "fix": self.fix,
        }
        return {
            name: value for name, value in parts.items() if value or name in ("code", "message")
        }


@dataclass(eq=False)
class Problem(Exception):
    """A request that cannot be met: `status` is for HTTP, `code` a stable word for programs."""

    detail: str = ""
    errors: Sequence[Finding] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    status: int = 400
    code: str = "bad_request"

    def __str__(self) -> str:
        return self.detail or self.code


@dataclass(eq=False)
class Malformed(Problem):
    """400: the request is not of the form that the address takes."""

    status: int = 400
    code: str = "malformed"


@dataclass(eq=False)
class Forbidden(Problem):
    """403: visible to this person, but not theirs to do."""

    status: int = 403
    code: str = "forbidden"


@dataclass(eq=False)
class NotFound(Problem):
    """404: not there, or not for this person to know of."""

    status: int = 404
    code: str = "not_found"


@dataclass(eq=False)
class Conflict(Problem):
    """409: somebody else was faster."""

    status: int = 409
    code: str = "conflict"


@dataclass(eq=False)
class TooLarge(Problem):
    """413: over a size limit that the operator set."""

    status: int = 413
    code: str = "too_large"


@dataclass(eq=False)
class Invalid(Problem):
    """422: well-formed, but not acceptable; `errors` say what to change."""

    status: int = 422
    code: str = "invalid"


@dataclass(eq=False)
class InvalidDocument(Invalid):
    """422: the document breaks a rule of the vocabulary or a cost limit."""

    code: str = "invalid_document"
