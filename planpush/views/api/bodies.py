"""Request bodies of the API: the typed objects that parse what programs send."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from planpush.models.answer import Answer
from planpush.models.manifest import Push, SectionPush
from planpush.web.parse import ANCHOR, HASH, NUMBER, THREAD_ID, Body, Note, Plain, Title

Anchor = Annotated[str, StringConstraints(pattern=ANCHOR)]
Hash = Annotated[str, StringConstraints(pattern=HASH)]
ThreadId = Annotated[str, StringConstraints(pattern=THREAD_ID)]
Number = Annotated[str, StringConstraints(pattern=NUMBER)]
Visibility = Literal["private", "published"]


class SectionBody(Body):
    """One section: its HTML, or null for "you have it"."""

    anchor: Anchor
    sha256: Hash | None = None
    html: str | None = None
    was: Anchor | None = None


class ResponseBody(Body):
    """What the author did about a thread."""

    thread: ThreadId
    status: Literal["applied", "partial", "declined", "question"]
    note: Note = ""


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
    sections: Annotated[list[SectionBody], Field(min_length=1, max_length=2000)]
    responses: Annotated[list[ResponseBody], Field(max_length=2000)] = Field(default=[])
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


class PushQuery(Body):
    """The query of a push in the HTML form. Values are text, so numbers are read from digits."""

    plan: Anchor | None = None
    slug: Anchor | None = None
    title: Title | None = None
    visibility: Visibility | None = None
    base_version: Number | None = None
    message: Note = ""
    direction: Note = ""
    allow_secrets: Literal["true", "false"] = "false"

    def to_push(self, sections: list[SectionPush], title: str | None) -> Push:
        """Return what the models take; the body's size was checked as a whole."""
        return Push(
            sections=sections,
            title=title,
            wish=self.slug,
            base_version=int(self.base_version) if self.base_version else None,
            visibility=self.visibility,
            message=self.message,
            direction=self.direction,
            allow_secrets=self.allow_secrets == "true",
        )
