"""Describes a handler for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from planpush.web.parsing import Body

View = TypeVar("View", bound=Callable[..., Any])
HTML = "text/html"
JSON = "application/json"
BOTH = (JSON, HTML)


@dataclass(frozen=True, slots=True)
class Operation:
    """What one handler takes and answers.

    `answers` has a type for each status of success, HTML, or None for no content; `refusals` are
    the statuses of problems beyond those that every handler of its kind may answer.
    """

    answers: Mapping[int, type[BaseModel] | str | None]
    refusals: tuple[int, ...] = ()
    query: type[Body] | None = None
    body: type[Body] | None = None
    takes: tuple[str, ...] = (JSON,)
    retries: bool = False


def describes(
    answers: Mapping[int, type[BaseModel] | str | None], *refusals: int, **told: Any
) -> Callable[[View], View]:
    """Let a handler say what it takes and answers."""

    def mark(view: View) -> View:
        view.operation = Operation(answers, refusals, **told)  # type: ignore[attr-defined]
        return view

    return mark
