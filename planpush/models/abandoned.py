"""Sections that a push leaves out while people still talk about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from planpush.content.checks import CODES
from planpush.content.problem import Finding
from planpush.models.placement import open_places
from planpush.models.plan import Plan
from planpush.models.thread import Thread
from planpush.models.version import Version

_MOST_NAMED = 20
_MOST = 50


def abandoned(plan: Plan, newest: Version, kept: Collection[str]) -> list[Finding]:
    """Return a warning for each section of `newest` that is not `kept` and has open threads.

    `kept` are the anchors of what comes next, and those that it was renamed from.
    """
    if not Thread.number_on(plan):
        return []
    here = {row.anchor for row in newest.manifest()}
    threads: dict[str, list[int]] = defaultdict(list)
    for place in open_places(plan, newest.number):
        if place.section in here and place.section not in kept:
            threads[place.section].append(place.thread_id)
    return [_finding(anchor, threads[anchor]) for anchor in sorted(threads)[:_MOST]]


def _finding(anchor: str, threads: list[int]) -> Finding:
    code = CODES["anchor_with_threads"]
    named = ", ".join(map(str, sorted(threads)[:_MOST_NAMED]))
    more = f" and {len(threads) - _MOST_NAMED} more" if len(threads) > _MOST_NAMED else ""
    return Finding(
        "anchor_with_threads",
        code.message.format(anchor, f"{named}{more}"),
        code.fix,
        field="sections",
    )
