"""The changed sections that an open page needs to reach a newer version."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """Bring the sections `anchors`: in place of section `at`, after it, or before all others."""

    how: Literal["replace", "after", "first"]
    at: str
    anchors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Increment:
    """What leaves the page, what is brought, and which sections stay as they are, in order."""

    gone: tuple[str, ...]
    steps: tuple[Step, ...]
    kept: tuple[str, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    moved: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def brought(self) -> tuple[str, ...]:
        """Return the anchors of the sections that the page does not have yet."""
        return tuple(anchor for step in self.steps for anchor in step.anchors)


def increment(old: Mapping[str, Hashable], new: Mapping[str, Hashable]) -> Increment:
    """Return the way from `old` to `new`: anchor → content, each in document order.

    Every step names a section that is on the page before the first step, so that their order
    does not matter.
    """
    staying = _staying(list(old), new)
    kept = tuple(anchor for anchor in staying if old[anchor] == new[anchor])
    return Increment(
        gone=tuple(anchor for anchor in old if anchor not in staying),
        steps=_steps(new, staying, set(kept)),
        kept=kept,
        added=tuple(anchor for anchor in new if anchor not in old),
        changed=tuple(a for a in new if a in old and old[a] != new[a]),
        moved=tuple(a for a in new if a in old and a not in staying and old[a] == new[a]),
        removed=tuple(anchor for anchor in old if anchor not in new),
    )


def _steps(
    new: Mapping[str, Hashable], staying: Mapping[str, int], kept: set[str]
) -> tuple[Step, ...]:
    """Put what comes with the section that it follows."""
    groups: dict[str, list[str]] = {"": []}
    head = ""
    for anchor in new:
        if anchor in staying:
            head = anchor
            groups[head] = [] if anchor in kept else [anchor]
        else:
            groups[head].append(anchor)
    return tuple(
        Step("first" if not at else "after" if at in kept else "replace", at, tuple(anchors))
        for at, anchors in groups.items()
        if anchors
    )


def _staying(old: Sequence[str], new: Mapping[str, Hashable]) -> dict[str, int]:
    """Return the longest run of anchors whose order did not change: they need not move."""
    place = {anchor: index for index, anchor in enumerate(old)}
    common = [anchor for anchor in new if anchor in place]
    ends: list[int] = []  # the smallest last place of a run of each length
    lengths = []
    for anchor in common:
        at = bisect_left(ends, place[anchor])
        ends[at : at + 1] = [place[anchor]]
        lengths.append(at)
    run: list[str] = []
    wanted = len(ends) - 1
    for anchor, length in zip(reversed(common), reversed(lengths), strict=True):
        if length == wanted:
            run.append(anchor)
            wanted -= 1
    return {anchor: index for index, anchor in enumerate(reversed(run))}
