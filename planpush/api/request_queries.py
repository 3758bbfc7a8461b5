"""Query strings as typed objects."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from planpush.api.request_bodies import Anchor, Hash, Number, Visibility
from planpush.versions.request import Push, SectionPush
from planpush.web.parsing import Body, Note, Title

Cursor = Annotated[str, Field(max_length=32, description="Opaque: take it from the answer before.")]
PlansCursor = Annotated[
    str, Field(max_length=4000, description="Opaque: take it from the answer before.")
]


class PlansQuery(Body):
    """Which plans: `q` takes the words of the dashboard's search."""

    q: Annotated[str, StringConstraints(max_length=1000)] = ""
    cursor: PlansCursor = ""


class VersionQuery(Body):
    """Which version; the newest, unless told."""

    v: Number | None = None

    @property
    def number(self) -> int | None:
        """Return the version's number."""
        return int(self.v) if self.v else None


class ThreadsQuery(Body):
    """Which threads; with `since`, those in which something happened after that answer."""

    state: Literal["open", "resolved", "all"] = "open"
    since: Cursor = ""


class GateQuery(Body):
    """What somebody is about to build."""

    version: Number | None = None
    digest: Hash | None = None


class WaitQuery(Body):
    """From when on, and how many seconds at most; more than 50 count as 50."""

    since: Cursor = ""
    timeout: Number | None = None


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
