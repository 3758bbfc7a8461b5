"""The outline of a version, for agents."""

from __future__ import annotations

from collections import Counter
from typing import Any

from planpush.comments.placement import open_places
from planpush.database.session import iso
from planpush.plans.plan import Plan
from planpush.plans.version import Version


def summary(version: Version) -> dict[str, Any]:
    """Return who pushed a version, when and why, as the API tells it."""
    return {
        "version": version.number,
        "pushed_by": version.pushed_by.name,
        "pushed_at": iso(version.pushed_at),
        "message": version.message,
    }


def outline(plan: Plan, version: Version) -> list[dict[str, Any]]:
    """Return a version's sections in order, each with its hash and number of open threads."""
    counts = Counter(place.section for place in open_places(plan, version.number))
    return [
        {
            "anchor": row.anchor,
            "title": row.title,
            "sha256": row.sha256,
            "open_threads": counts[row.anchor],
        }
        for row in version.manifest()
    ]
