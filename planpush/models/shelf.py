"""The shelf: who may see a plan, and whether it lies at hand or in the archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planpush.db import now

if TYPE_CHECKING:
    from planpush.models.plan import Plan
    from planpush.models.user import User


@dataclass(frozen=True, slots=True)
class Move:
    """Where a plan is put, the event that this is, and the move that takes it back."""

    event: str
    back: str
    visibility: str = ""
    archived: bool = False

    def is_made(self, plan: Plan) -> bool:
        """Tell whether a plan lies there already."""
        if self.visibility:
            return plan.visibility == self.visibility
        return (plan.archived_at is not None) == self.archived

    def make(self, plan: Plan) -> None:
        """Put a plan there."""
        if self.visibility:
            plan.visibility = self.visibility
        else:
            plan.archived_at = now() if self.archived else None


MOVES = {
    "archive": Move("plan.archived", "unarchive", archived=True),
    "unarchive": Move("plan.unarchived", "archive"),
    "publish": Move("plan.published", "unpublish", visibility="published"),
    "unpublish": Move("plan.unpublished", "publish", visibility="private"),
}


def move(plan: Plan, name: str, *, by: User) -> bool:
    """Put a plan somewhere else; tell whether it was. Raises `Forbidden`."""
    plan.only_managers(by)
    found = MOVES[name]
    if found.is_made(plan):
        return False
    found.make(plan)
    plan.record(found.event, by=by)
    return True


def bring_back(plan: Plan, *, by: User) -> None:
    """Take a plan out of the archive because whoever may push went on with it."""
    if plan.archived_at is not None:
        MOVES["unarchive"].make(plan)
        plan.record("plan.unarchived", by=by, data={"because": "version.pushed"})
