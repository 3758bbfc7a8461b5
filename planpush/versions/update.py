"""Brings an open page to the newest version."""

from __future__ import annotations

from functools import cached_property

from planpush.comments.version_view import Reading
from planpush.document.diff.update import Increment, increment
from planpush.plans.plan import Plan
from planpush.plans.version import Version


class Update:
    """What an open page of version `shown` needs to become the newest; loaded when asked for."""

    def __init__(self, plan: Plan, shown: int | None) -> None:
        self.plan = plan
        self.shown = Version.of(plan, shown)
        self.reading = Reading(plan)

    @property
    def due(self) -> bool:
        """Tell whether somebody pushed since."""
        return self.shown.number < self.plan.newest

    @property
    def versions(self) -> int:
        """Return how many versions were pushed since."""
        return self.plan.newest - self.shown.number

    @cached_property
    def increment(self) -> Increment:
        """Return which sections change on the page."""
        old, new = self.shown.manifest(), self.reading.outline
        return increment(
            {row.anchor: row.section_id for row in old},
            {row.anchor: row.section_id for row in new},
        )

    @cached_property
    def titles(self) -> dict[str, str]:
        """Return the titles of the newest version's sections, by anchor."""
        return {row.anchor: row.title for row in self.reading.outline}
