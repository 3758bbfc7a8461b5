"""Answers: what a plan's author says it did about a thread, checked against the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planpush.content.problem import Finding, Forbidden, Invalid
from planpush.db import db
from planpush.models.placement import Placement
from planpush.models.plan import Plan
from planpush.models.thread import OPEN, Thread
from planpush.models.user import User
from planpush.models.version import Version


@dataclass(frozen=True, slots=True)
class Answer:
    """What the author says it did about a thread."""

    thread: int
    status: str
    note: str = ""


def apply_answers(plan: Plan, version: Version, answers: Sequence[Answer], by: User) -> None:
    """Apply the answers that came with a push; one for a thread of another plan is refused."""
    threads = {thread.id: thread for thread in Thread.of(plan)} if answers else {}
    for index, answer in enumerate(answers):
        if answer.thread not in threads:
            message = f"there is no thread {answer.thread} on this plan"
            place = f"responses[{index}].thread"
            raise Invalid(message, [Finding("unknown_thread", message, field=place)])
        thread = threads[answer.thread]
        same = is_unchanged(thread, version)
        thread.answer(answer.status, answer.note, by=by, unchanged=same)


def is_unchanged(thread: Thread, version: Version) -> bool:
    """Tell whether a thread's block reads the same on `version` as where the thread was opened."""
    placed = db.session.get(Placement, (thread.id, version.number))
    if placed is None or placed.block is None:
        return False
    origin = thread.origin
    here = {(block.section, block.key): block.text for block in version.blocks(placed.section)}
    return here.get((placed.section, placed.block)) == origin.block_text


def unanswered(plan: Plan) -> list[int]:
    """Return the open threads that nobody has answered yet."""
    return [thread.id for thread in Thread.of(plan, state=OPEN) if thread.answer_status is None]


def answer_one(thread: Thread, status: str, note: str, *, by: User) -> None:
    """Note what the author did about one thread, checked against the newest version."""
    plan = thread.plan
    if not plan.pushable_by(by):
        raise Forbidden(f"Only {plan.owner.name} and this plan's editors may answer for it.")
    unchanged = is_unchanged(thread, Version.of(plan))
    thread.answer(status, note, by=by, unchanged=unchanged)
