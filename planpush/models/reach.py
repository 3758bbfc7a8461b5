"""Reach: which versions of a plan one push compares with the new one, when these are many."""

from __future__ import annotations

from sqlalchemy import func, select

from planpush.content.effort import Effort
from planpush.db import db
from planpush.models.plan import Plan
from planpush.models.section import Section
from planpush.models.version import Version, VersionSection

MAPPED = 50_000
"""Elements of both sides that are compared: with small documents that is many versions."""


class Reach:
    """What is left of a push's effort. The version `always` is compared in any case."""

    def __init__(self, plan: Plan, number: int, always: int | None) -> None:
        self.plan, self.always, self.effort = plan, always, Effort(MAPPED)
        self._known = dict[int, bool]()
        self._own = self._size(number)
        if always is not None:
            self.compares(always)

    def compares(self, number: int) -> bool:
        """Tell whether a version is compared; whoever asks first has the effort."""
        if number not in self._known:
            allowed = self.effort.allows(self._own + self._size(number))
            self._known[number] = allowed or number == self.always
            if not allowed and number == self.always:
                self.effort.left = 0
        return self._known[number]

    def _size(self, number: int) -> int:
        held = select(func.sum(Section.elements)).select_from(Version)
        held = held.join(VersionSection, VersionSection.version_id == Version.id)
        held = held.join(Section, Section.id == VersionSection.section_id)
        here = Version.plan_id == self.plan.id, Version.number == number
        return db.session.scalar(held.where(*here)) or 0
