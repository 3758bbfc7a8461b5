"""What happened, in order of time: events are numbered when all are known."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from bench.data.store import Row, stamp

COLUMNS = ("id", "kind", "at", "actor_id", "plan_id", "thread_id", "data")
PUSHED, OPENED, ADDED, RESOLVED, APPROVED, REFUSED = range(6)
_KINDS = (
    ("version.pushed", '{{"version": {0}}}'),
    ("thread.opened", '{{"version": {0}}}'),
    ("comment.added", '{{"comment": {0}}}'),
    ("thread.resolved", "{{}}"),
    ("sign_off.given", '{{"decision": "approved", "version": {0}}}'),
    ("sign_off.given", '{{"decision": "changes", "version": {0}}}'),
)


class Journal:
    """Millions of events in a few bytes each."""

    def __init__(self) -> None:
        self.at, self.kind = array("q"), array("b")
        self.actor, self.plan, self.thread, self.about = (array("i") for _ in range(4))

    def note(self, kind: int, at: int, actor: int, plan: int, thread: int, about: int) -> int:
        """Note what happened; `about` is a version or a comment. Return its number in here."""
        self.kind.append(kind)
        self.at.append(at)
        self.actor.append(actor)
        self.plan.append(plan)
        self.thread.append(thread)
        self.about.append(about)
        return len(self.at) - 1

    def number(self, before: int) -> tuple[list[int], array[int]]:
        """Return the numbers in order of time, and the id of each: what comes after `before`."""
        order = sorted(range(len(self.at)), key=self.at.__getitem__)
        ids = array("i", bytes(4 * len(order)))
        for rank, number in enumerate(order, before + 1):
            ids[number] = rank
        return order, ids

    def rows(self, order: list[int], ids: array[int]) -> Iterator[Row]:
        """Yield the rows of the events in `order`."""
        for n in order:
            kind, data = _KINDS[self.kind[n]]
            told = data.format(self.about[n])
            thread = self.thread[n] or None
            yield ids[n], kind, stamp(self.at[n]), self.actor[n], self.plan[n], thread, told
