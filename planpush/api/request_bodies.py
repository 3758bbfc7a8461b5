"""Request bodies as typed objects."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from planpush.comments.answers import Answer
from planpush.comments.comment import LONGEST
from planpush.document.anchoring.target import Place
from planpush.document.sections import MOST_SECTIONS
from planpush.versions.request import Push, SectionPush
from planpush.web.parsing import ANCHOR, HASH, NUMBER, THREAD_ID, Body, Note, Plain, Title

Anchor = Annotated[str, StringConstraints(pattern=ANCHOR)]
Hash = Annotated[str, StringConstraints(pattern=HASH)]
ThreadId = Annotated[str, StringConstraints(pattern=THREAD_ID)]
Number = Annotated[str, StringConstraints(pattern=NUMBER)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
Quote = Annotated[str, StringConstraints(max_length=10_000)]
Name = Annotated[str, StringConstraints(max_length=1000)]
Offset = Annotated[int, Field(ge=0, le=10**9 - 1)]
MOST_ANSWERS = 100
"""Answers with one push: each is told to people. The same content may be pushed with the rest."""
Visibility = Literal["private", "published"]


class SectionBody(Body):
    """One section: its HTML, or null for "you have it"."""

    anchor: Anchor
    sha256: Hash | None = None
    html: str | None = None
    was: Anchor | None = None


class AnswerBody(Body):
    """What the author did about one thread."""

    status: Literal["applied", "partial", "declined", "question"]
    note: Note = ""


class ResponseBody(AnswerBody):
    """What the author did about a thread, told with a push."""

    thread: ThreadId


class SourceBody(Body):
    """Which agent pushes, in which conversation."""

    agent: Annotated[str, StringConstraints(max_length=100), Plain] = ""
    session: Annotated[str, StringConstraints(max_length=200), Plain] = ""


class PushBody(Body):
    """The JSON form of a push."""

    plan: Anchor | None = None
    slug: Anchor | None = None
    title: Title | None = None
    base_version: Annotated[int, Field(ge=0, le=10**9)] | None = None
    visibility: Visibility | None = None
    message: Note = ""
    direction: Note = ""
    source: SourceBody = SourceBody()
    sections: Annotated[list[SectionBody], Field(min_length=1, max_length=MOST_SECTIONS)]
    responses: Annotated[list[ResponseBody], Field(max_length=MOST_ANSWERS)] = Field(default=[])
    allow_secrets: bool = False

    @field_validator("sections")
    @classmethod
    def _unique_anchors(cls, sections: list[SectionBody]) -> list[SectionBody]:
        counts = Counter(section.anchor for section in sections)
        twice = [anchor for anchor, count in counts.items() if count > 1]
        if twice:
            raise ValueError(f"the anchor {twice[0]} stands twice")
        return sections

    def to_push(self, largest: int) -> Push:
        """Return what the models take."""
        return Push(
            sections=[
                SectionPush(part.anchor, part.html, part.sha256, part.was) for part in self.sections
            ],
            title=self.title,
            wish=self.slug,
            base_version=self.base_version,
            visibility=self.visibility,
            message=self.message,
            direction=self.direction,
            agent=self.source.agent,
            session=self.source.session,
            answers=[Answer(int(r.thread), r.status, r.note) for r in self.responses],
            allow_secrets=self.allow_secrets,
            largest=largest,
        )


class CommentBody(Body):
    """A reply's words."""

    body: Words


class ThreadBody(Body):
    """A new thread: its first comment, and where it is. Without a place it is on the whole plan.

    Offsets are code points in the block's text; a quote alone is looked up in the section.
    """

    body: Words
    version: Annotated[int, Field(ge=1, le=10**9 - 1)] | None = None
    anchor: Annotated[str, StringConstraints(max_length=200)] | None = None
    block: Offset | None = None
    quote: Quote | None = None
    prefix: Quote | None = None
    suffix: Quote | None = None
    start: Offset | None = None
    end: Offset | None = None
    row: Name | None = None
    column: Name | None = None
    blocking: bool = False

    def to_place(self) -> Place:
        """Return what the models take."""
        return Place(
            anchor=self.anchor or "",
            block=self.block,
            quote=self.quote or "",
            prefix=self.prefix or "",
            suffix=self.suffix or "",
            start=self.start,
            end=self.end,
            row=self.row or "",
            column=self.column or "",
        )
