"""Where each thread is on each version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Self

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from planpush.comments.thread import OPEN, Thread
from planpush.database.session import Base, db
from planpush.document.anchoring import reanchor
from planpush.document.anchoring.placement import SAME
from planpush.document.anchoring.target import Origin
from planpush.document.blocks import Block
from planpush.errors import NotFound
from planpush.plans.plan import Plan
from planpush.plans.version import BlockReader, Version

STATES: tuple[reanchor.State, ...] = ("exact", "moved", "edited", "outdated", "orphaned")
WORDS = 600
"""Characters of what stands at a place that are kept with it."""


class Placement(Base):
    """A thread's place on one version. `block` is the key within `section`; offsets are in it."""

    __tablename__ = "placements"
    __table_args__ = (Index(None, "plan_id", "version"),)

    thread_id: Mapped[int] = mapped_column(
        ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    state: Mapped[reanchor.State] = mapped_column(String(10))
    confidence: Mapped[float]
    section: Mapped[str] = mapped_column(String(64), default="")
    block: Mapped[int | None]
    start: Mapped[int | None]
    end: Mapped[int | None]
    words: Mapped[str] = mapped_column(String(WORDS), default="")
    reason: Mapped[str] = mapped_column(String(60), default="")
    confirmed: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def keep(
        cls,
        thread: Thread,
        version: int,
        found: reanchor.Placement,
        blocks: Sequence[Block],
        confirmed: bool = False,
    ) -> Self:
        """Store where `thread` sits on `version`, where it had no place, and what stands there."""
        placed = cls(thread_id=thread.id, version=version, plan_id=thread.plan_id)
        placed.move(found, blocks, confirmed=confirmed)
        db.session.add(placed)
        return placed

    def move(
        self, found: reanchor.Placement, blocks: Sequence[Block], *, confirmed: bool = False
    ) -> None:
        """Go to another place of this version, and note what stands there."""
        self.state, self.confidence = found.state, found.confidence
        self.section, self.block = found.section, found.block
        self.start, self.end = found.start, found.end
        self.words = reanchor.words_at(blocks, found)[:WORDS]
        self.reason, self.confirmed = found.reason[:60], confirmed

    @classmethod
    def on(cls, plan: Plan, version: int) -> dict[int, Placement]:
        """Return the placements on one version, by thread id."""
        found = db.session.scalars(
            select(cls).where(cls.plan_id == plan.id, cls.version == version)
        )
        return {placement.thread_id: placement for placement in found}

    @classmethod
    def of(cls, thread: Thread, version: int) -> Placement:
        """Return the placement of `thread` on one version. Raises `NotFound`."""
        found = db.session.get(cls, (thread.id, version)) if 0 < version < 2**31 else None
        if found is None:
            raise NotFound("There is no such thread on this version.")
        return found

    @classmethod
    def confirmed_of(cls, plan: Plan) -> dict[int, Placement]:
        """Return where each thread was confirmed last, by thread id."""
        query = select(cls).where(cls.plan_id == plan.id, cls.confirmed.is_(True))
        found = db.session.scalars(query.order_by(cls.version))
        return {placement.thread_id: placement for placement in found}

    @property
    def value(self) -> reanchor.Placement:
        """Return the plain value that the anchoring rules take."""
        return reanchor.Placement.of(self)


def place_opened(
    thread: Thread, origin: Origin, version: Version, blocks: Sequence[Block], shown: int
) -> None:
    """Place a new thread where it was written, among `blocks`, on version `shown` and the newest.

    The versions between stay without it: each would be compared as a whole, and somebody waits.
    """
    Placement.keep(thread, version.number, place_of(origin), blocks)
    read = BlockReader(thread.plan)
    for number in sorted({shown, thread.plan.newest} - {version.number}):
        there, own = read(number), {version.number: read(version.number)}
        found = reanchor.place_all({thread.id: origin}, own, there)
        Placement.keep(thread, number, found[thread.id], there)


def place_of(origin: Origin) -> reanchor.Placement:
    """Return an origin's place on its own version."""
    key = None if origin.kind == "document" else origin.key
    return reanchor.Placement("exact", 1.0, origin.section, key, origin.start, origin.end, SAME)


def standing(plan: Plan, version: int) -> dict[str, int]:
    """Return how many open threads have which state on a version that is there already."""
    counts = Counter(place.state for place in open_places(plan, version))
    return {state: counts[state] for state in STATES}


def open_places(plan: Plan, version: int) -> Sequence[Placement]:
    """Return where the open threads of `plan` sit on one version; their comments are not read."""
    return db.session.scalars(
        select(Placement)
        .join(Thread, Thread.id == Placement.thread_id)
        .where(Placement.plan_id == plan.id, Placement.version == version, Thread.state == OPEN)
    ).all()
