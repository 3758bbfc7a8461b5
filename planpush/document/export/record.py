"""A version with its threads as a portable record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from planpush.document.anchoring.placement import Placement
from planpush.document.anchoring.target import Origin, is_scrubbed


@dataclass(frozen=True, slots=True)
class NoteComment:
    """One comment; `body` is None if it was deleted."""

    id: int
    by: str
    at: datetime
    body: str | None
    edited_at: datetime | None = None
    by_agent: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the author did about a thread."""

    status: str
    note: str
    unchanged: bool


@dataclass(frozen=True, slots=True)
class Note:
    """A thread: where it was opened, where it is on this version, and its comments."""

    number: int
    id: int
    open: bool
    blocking: bool
    opened_on: int
    origin: Origin
    place: Placement
    confirmed: bool
    then: str
    now: str
    differs: bool
    comments: Sequence[NoteComment]
    answer: Answer | None = None
    resolved_by: str = ""
    resolved_at: datetime | None = None

    @property
    def purged(self) -> bool:
        """Tell whether the words that it was opened on were purged."""
        return is_scrubbed(self.origin)

    @property
    def status(self) -> str:
        """Return the state in words."""
        if not self.open:
            return f"Resolved by {self.resolved_by}" if self.resolved_by else "Resolved"
        return "Open, blocking" if self.blocking else "Open"


@dataclass(frozen=True, slots=True)
class Record:
    """What every format says about the version; `address` is the version's, with the host."""

    title: str
    slug: str
    address: str
    version: int
    newest: int
    pushed_by: str
    pushed_at: datetime
    message: str
    digest: str
    notes: Sequence[Note] = ()

    @property
    def plan_address(self) -> str:
        """Return the plan's address."""
        return self.address.partition("?")[0]

    def placed(self) -> dict[str, dict[int, list[Note]]]:
        """Return the notes by section and block; block 0 is the section itself."""
        found: dict[str, dict[int, list[Note]]] = defaultdict(lambda: defaultdict(list))
        for note in self.notes:
            if note.place.section:
                found[note.place.section][note.place.block or 0].append(note)
        return found

    def groups(self) -> list[tuple[str, list[Note]]]:
        """Return the notes that stand nowhere in the text, with what to call them."""
        lost = [note for note in self.notes if note.place.state == "orphaned"]
        whole = [note for note in self.notes if not note.place.section and note not in lost]
        named = (("On the whole plan", whole), ("No longer in the document", lost))
        return [(name, notes) for name, notes in named if notes]


def moment(at: datetime) -> str:
    """Return a time for readers, in UTC to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
