"""Tool inputs as typed objects and JSON schemas."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from planpush.api.request_bodies import (
    MOST_ANSWERS,
    Anchor,
    AnswerBody,
    CommentBody,
    Hash,
    ResponseBody,
    ThreadId,
)
from planpush.api.request_queries import PlansCursor
from planpush.web.parsing import Body, Note

Slug = Annotated[Anchor, Field(description="The plan: the last part of its address, /p/<plan>.")]
VersionNumber = Annotated[int, Field(ge=1, le=10**9 - 1)]
Cursor = Annotated[
    str, Field(max_length=32, description="The cursor of an earlier answer: what came after it.")
]
Thread = Annotated[ThreadId, Field(description="The thread's id, as threads_list tells it.")]


class PlansInput(Body):
    """Which plans."""

    q: Annotated[
        str,
        StringConstraints(max_length=1000),
        Field(description="Words, and is:private author:me has:open-threads updated:>2026-11-01."),
    ] = ""
    cursor: PlansCursor = ""


class PlanInput(Body):
    """Which plan, in which version, and whose text."""

    plan: Slug
    version: Annotated[VersionNumber | None, Field(description="Left out: the newest.")] = None
    html: Annotated[
        list[Anchor],
        Field(max_length=200, description="The anchors of the sections whose HTML you need."),
    ] = Field(default=[])


class ThreadsInput(Body):
    """Which threads of a plan."""

    plan: Slug
    state: Literal["open", "resolved", "all"] = "open"
    since: Cursor = ""


class ReplyInput(CommentBody):
    """A reply in a thread."""

    thread: Thread


class AnswerInput(AnswerBody):
    """What was done about a thread."""

    thread: Thread


class SectionInput(Body):
    """One section of a plan, as it should be."""

    plan: Slug
    anchor: Annotated[
        Anchor, Field(description="The section's anchor; a new one is a new section.")
    ]
    html: Annotated[
        str, Field(description='The whole section: <section data-anchor="…"><h2>…</h2>…</section>.')
    ]
    base_version: Annotated[
        VersionNumber,
        Field(description="The version you read. Changes to this section since: 409."),
    ]
    was: Annotated[Anchor | None, Field(description="Its anchor before, if you rename it.")] = None
    after: Annotated[
        Anchor | None, Field(description="Where a new section goes; left out: at the end.")
    ] = None
    message: Annotated[Note, Field(description="What changed, in a sentence.")] = ""
    direction: Annotated[Note, Field(description="What the user asked for, in their words.")] = ""
    responses: Annotated[
        list[ResponseBody],
        Field(
            max_length=MOST_ANSWERS,
            description="What you did about the threads that this answers.",
        ),
    ] = Field(default=[])
    allow_secrets: bool = False


class GateInput(Body):
    """What somebody is about to build."""

    plan: Slug
    version: Annotated[VersionNumber | None, Field(description="The version you read.")] = None
    digest: Annotated[Hash | None, Field(description="The digest of what you read.")] = None


class WaitInput(Body):
    """From when on, and how long."""

    plan: Slug
    since: Cursor = ""
    timeout: Annotated[int, Field(ge=0, le=50, description="Seconds.")] = 45


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
