"""A filter: which threads of a plan somebody wants, as an address or an open page says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from planpush.models.reading import ORPHANED
from planpush.models.thread import OPEN, RESOLVED

MENTIONS, NEW = "mentions", "new"
TABS = {"all": "All", OPEN: "Open", RESOLVED: "Resolved", MENTIONS: "Mentions"}
SHOWN = (*TABS, ORPHANED, NEW)
_MOST = 40  # threads that a page may ask for by number


@dataclass(frozen=True, slots=True)
class Filter:
    """What somebody wants to see: a tab, the threads of one person, those of one section.

    `kept` are threads that stay in sight whatever the rest says; `whole` are those unfolded.
    """

    show: str = OPEN
    by: int | None = None
    anchor: str = ""
    kept: tuple[int, ...] = ()
    whole: tuple[int, ...] = ()

    def keeping(self, *threads: int) -> Self:
        """Return this filter with threads that stay in sight."""
        return replace(self, kept=_joined(self.kept, threads))

    def unfolding(self, *threads: int) -> Self:
        """Return this filter with threads that are shown in full."""
        return replace(self, whole=_joined(self.whole, threads))

    def folding(self, thread: int) -> Self:
        """Return this filter with a thread in short."""
        return replace(self, whole=tuple(one for one in self.whole if one != thread))

    @property
    def as_query(self) -> str:
        """Return all of this as a query: what an open page remembers."""
        pairs: list[tuple[str, Any]] = [("show", self.show)]
        pairs += [("by", self.by)] if self.by else []
        pairs += [("anchor", self.anchor)] if self.anchor else []
        return urlencode(pairs + [("kept", one) for one in self.kept] + [
            ("whole", one) for one in self.whole
        ])  # fmt: skip


def _joined(before: Sequence[int], more: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(one for one in (*before, *more) if one))[-_MOST:]
