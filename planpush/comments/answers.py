"""Answers: what the author did about a thread, checked against the text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from planpush.accounts.user import User
from planpush.comments.placement import Placement
from planpush.comments.thread import OPEN, Thread
from planpush.database.session import db
from planpush.errors import Finding, Forbidden, Invalid
from planpush.plans.plan import Plan
from planpush.plans.section import Section, unpack_blocks
from planpush.plans.version import Version, VersionSection


@dataclass(frozen=True, slots=True)
class Answer:
    """What the author says it did about a thread."""

    thread: int
    status: str
    note: str = ""


def apply_answers(plan: Plan, version: Version, answers: Sequence[Answer], by: User) -> None:
    """Apply the answers that came with a push; one for a thread of another plan is refused."""
    wanted = Thread.id.in_({answer.thread for answer in answers})
    threads = {thread.id: thread for thread in (Thread.of(plan, wanted) if answers else ())}
    for index, answer in enumerate(answers):
        if answer.thread not in threads:
            message = f"there is no thread {answer.thread} on this plan"
            place = f"responses[{index}].thread"
            raise Invalid(message, [Finding("unknown_thread", message, field=place)])
    told = {answer.thread: answer for answer in answers}  # of two on one thread, the last counts
    same = unchanged([threads[thread_id] for thread_id in told], version)
    for thread_id, answer in told.items():
        threads[thread_id].answer(answer.status, answer.note, by=by, unchanged=thread_id in same)


def unchanged(threads: Collection[Thread], version: Version) -> set[int]:
    """Return those threads whose block reads the same on `version` as where they were opened."""
    query = select(Placement).where(
        Placement.version == version.number,
        Placement.thread_id.in_([thread.id for thread in threads]),
        Placement.block.is_not(None),
    )
    placed = {one.thread_id: one for one in db.session.scalars(query)} if threads else {}
    texts = _texts(version, {one.section for one in placed.values()})
    return {
        thread.id
        for thread in threads
        if (one := placed.get(thread.id)) is not None
        and texts.get((one.section, one.block)) == thread.origin.block_text
    }


def _texts(version: Version, sections: Collection[str]) -> dict[tuple[str, int | None], str]:
    """Return what the blocks of some sections say; unpacking one takes long, so each is once."""
    query = (
        select(Section.blocks, Section.html)
        .join(VersionSection, VersionSection.section_id == Section.id)
        .where(VersionSection.version_id == version.id, Section.anchor.in_(sections))
    )
    return {
        (block.section, block.key): block.text
        for row in (db.session.execute(query) if sections else ())
        for block in unpack_blocks(row.blocks, row.html)
    }


def unanswered(plan: Plan) -> list[int]:
    """Return the open threads that nobody has answered yet, by number, oldest first."""
    if not Thread.number_on(plan):
        return []
    open_ = select(Thread.id).where(Thread.plan_id == plan.id, Thread.state == OPEN)
    query = open_.where(Thread.answer_status.is_(None)).order_by(Thread.id)
    return list(db.session.scalars(query))


def answer_one(thread: Thread, status: str, note: str, *, by: User) -> None:
    """Note what the author did about one thread, checked against the newest version."""
    plan = thread.plan
    if not plan.pushable_by(by):
        raise Forbidden("Only this plan's owner and its editors may answer for it.")
    same = unchanged([thread], Version.of(plan))
    thread.answer(status, note, by=by, unchanged=thread.id in same)
