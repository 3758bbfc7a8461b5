"""The gate: is a plan clear to build, and if not, why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from planpush.models.plan import Plan
from planpush.models.sign_off import CHANGES, WAITING, SignOff
from planpush.models.thread import OPEN, Thread
from planpush.models.version import Version


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that stands in the way: a stable word, and what to do about it in words."""

    code: str
    message: str
    threads: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Gate:
    """What the newest version's gate says; it is open when nothing stands in the way."""

    version: Version
    reasons: list[Reason]

    @property
    def is_open(self) -> bool:
        """Tell whether the plan is clear to build."""
        return not self.reasons


def gate(plan: Plan, *, version: int | None = None, digest: str = "") -> Gate:
    """Return the gate of `plan`, for somebody who is about to build `version` with `digest`."""
    newest = Version.of(plan)
    found = (
        _version_reason(newest, version),
        _digest_reason(newest, digest),
        _blocking_reason(plan),
        *_review_reasons(plan),
    )
    return Gate(newest, [reason for reason in found if reason is not None])


def _version_reason(newest: Version, version: int | None) -> Reason | None:
    if version in (None, newest.number):
        return None
    told = f"Version {version} is not the newest: read version {newest.number} first."
    return Reason("not_newest_version", told)


def _digest_reason(newest: Version, digest: str) -> Reason | None:
    if digest in ("", newest.digest):
        return None
    told = f"This is not the text of version {newest.number}, the newest: read that first."
    return Reason("not_newest_digest", told)


def _blocking_reason(plan: Plan) -> Reason | None:
    held = [thread.id for thread in Thread.of(plan, state=OPEN) if thread.blocking]
    if not held:
        return None
    told = f"{len(held)} open threads block this plan: people have to resolve them."
    if len(held) == 1:
        told = "1 open thread blocks this plan: a person has to resolve it."
    return Reason("blocking_threads", told, held)


def _review_reasons(plan: Plan) -> Iterator[Reason]:
    """Give what reviewers still want. Who was never asked is not waited for, but may object."""
    people = SignOff.reviewers_of([plan.id]).get(plan.id, [])
    for code, state, told in (
        ("changes_requested", CHANGES, "asked for changes: talk to them, or push what they want"),
        ("review_missing", WAITING, "did not review this version yet"),
    ):
        names = [user.name for user, said in people if said == state]
        if names:
            yield Reason(code, f"{_listed(names)} {told}.")


def _listed(names: Sequence[str]) -> str:
    """Return names as a list in words."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
