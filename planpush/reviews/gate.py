"""The gate: whether a plan is clear to build."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from planpush.comments.thread import OPEN, Thread
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.reviews.approval import LAPSED, Seat, uncovered
from planpush.reviews.sign_offs import APPROVED, CHANGES, WAITING, SignOff, anchors_of

_MOST = 5  # sections that are named


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
    """Return the gate of `plan`, for somebody who is about to build `version` with `digest`.

    If that is not the newest, this is the only reason: what is in the way of a version that they
    have not read is told when they ask about that.
    """
    newest = Version.of(plan)
    stale = (_version_reason(newest, version), _digest_reason(newest, digest))
    reasons = [reason for reason in stale if reason is not None]
    return Gate(newest, reasons or [*_thread_reasons(plan), *_review_reasons(plan, newest)])


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


def _thread_reasons(plan: Plan) -> Iterator[Reason]:
    """Give open blocking threads, and those of them that the author has not answered yet."""
    held = Thread.of(plan, Thread.state == OPEN, Thread.blocking)
    for code, one, several, threads in (
        ("blocking_threads", "1 open thread blocks this plan: a person has to resolve it",
         "open threads block this plan: people have to resolve them", held),
        ("unanswered_threads", "1 blocking thread has no answer yet: answer it",
         "blocking threads have no answer yet: answer them",
         [thread for thread in held if thread.answer_status is None]),
    ):  # fmt: skip
        if threads:
            told = one if len(threads) == 1 else f"{len(threads)} {several}"
            yield Reason(code, f"{told}.", [thread.id for thread in threads])


def _review_reasons(plan: Plan, newest: Version) -> Iterator[Reason]:
    """Give what reviewers still want. Who was never asked is not waited for, but may object."""
    seats = SignOff.reviewers_of([plan.id]).get(plan.id, [])
    found = list(_waiting_reasons(seats))
    yield from found
    if found or plan.verdict == APPROVED or not any(seat.asked for seat in seats):
        return
    missing = uncovered(seats, partial(anchors_of, plan))
    titles = [row.title or row.anchor for row in newest.manifest() if row.anchor in missing]
    if any(seat.said == APPROVED for seat in seats):
        yield Reason("review_missing", f"Nobody approved {_listed(titles, _MOST)} yet.")
    else:
        told = f"{newest.pushed_by.name} pushed version {newest.number}: ask somebody else"
        yield Reason("review_missing", f"{told} for a review.")


def _waiting_reasons(seats: Sequence[Seat]) -> Iterator[Reason]:
    for code, state, told in (
        ("changes_requested", CHANGES, "asked for changes: talk to them, or push what they want"),
        ("review_missing", WAITING, "did not review this version yet"),
        ("review_outdated", LAPSED, "reviewed what has changed since, and did not look again yet"),
    ):
        people = [seat for seat in seats if seat.said == state]
        names = [seat.user.name for seat in people if seat.asked or state == CHANGES]
        if names:
            yield Reason(code, f"{_listed(names)} {told}.")


def _listed(names: Sequence[str], most: int = 1_000) -> str:
    """Return names as a list in words; of more than `most` the rest is counted."""
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    *some, last = names
    return f"{', '.join(some)} and {last}" if some else last
