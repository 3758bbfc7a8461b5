"""Restores an earlier version as a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planpush.accounts.user import User
from planpush.errors import Conflict
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.versions.push import Pushed, only_pushers
from planpush.versions.request import Push, SectionPush


@dataclass(frozen=True, slots=True)
class Restoration:
    """What a restoration would do to the newest version's sections, by title."""

    version: Version
    newest: Version
    changed: Sequence[str]
    added: Sequence[str]
    removed: Sequence[str]

    @classmethod
    def of(cls, plan: Plan, number: int, *, by: User) -> Restoration:
        """Return what comes of a restoration. Raises 403, 404, 410."""
        only_pushers(plan, by)
        version, newest = Version.of(plan, number), Version.of(plan)
        then = {row.anchor: row for row in version.manifest()}
        now = {row.anchor: row for row in newest.manifest()}
        return cls(
            version,
            newest,
            [row.title for anchor, row in then.items()
             if anchor in now and row.sha256 != now[anchor].sha256],
            [row.title for anchor, row in then.items() if anchor not in now],
            [row.title for anchor, row in now.items() if anchor not in then],
        )  # fmt: skip

    @property
    def is_needed(self) -> bool:
        """Tell whether it would make a new version: the order of sections counts, too."""
        return self.version.digest != self.newest.digest


def restore(plan: Plan, number: int, *, by: User, read: int | None = None) -> Pushed:
    """Push what version `number` said as the newest of a plan that is locked.

    Nothing is made if the newest says the same. `read` is the newest version that they knew of.
    Its sections are stored: what was purged meanwhile is in none of them. Raises 403, 404, 409,
    410.
    """
    only_pushers(plan, by)
    version = Version.of(plan, number)
    if read not in (None, plan.newest):
        message = f"Version {plan.newest} was pushed meanwhile: look at it first."
        raise Conflict(message, code="not_newest_version")
    sections = [SectionPush(row.anchor, sha256=row.sha256) for row in version.manifest()]
    told = f"Restored version {number}"
    return plan.push(Push(sections, base_version=plan.newest, message=told), by=by)
