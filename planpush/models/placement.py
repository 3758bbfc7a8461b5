"""Placements: where each thread sits on each version, found once, at push."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Self

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from planpush.content import anchoring
from planpush.content.blocks import Block
from planpush.content.origin import Origin, Place, locate
from planpush.content.placement import SAME
from planpush.content.problem import Problem
from planpush.content.scrubbing import is_scrubbed
from planpush.db import Base, db
from planpush.models.plan import Plan
from planpush.models.thread import OPEN, Thread
from planpush.models.version import BlockReader, Version

STATES: tuple[anchoring.State, ...] = ("exact", "moved", "edited", "outdated", "orphaned")


class Placement(Base):
    """A thread's place on one version. `block` is the key within `section`; offsets are in it."""

    __tablename__ = "placements"
    __table_args__ = (Index(None, "plan_id", "version"),)

    thread_id: Mapped[int] = mapped_column(
        ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    state: Mapped[anchoring.State] = mapped_column(String(10))
    confidence: Mapped[float]
    section: Mapped[str] = mapped_column(String(64), default="")
    block: Mapped[int | None]
    start: Mapped[int | None]
    end: Mapped[int | None]
    words: Mapped[str] = mapped_column(String(600), default="")
    reason: Mapped[str] = mapped_column(String(60), default="")
    confirmed: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def keep(
        cls, thread: Thread, version: int, found: anchoring.Placement, blocks: Sequence[Block]
    ) -> Self:
        """Store where `thread` sits on `version`, and what stands there."""
        placed = cls(
            thread_id=thread.id,
            version=version,
            plan_id=thread.plan_id,
            state=found.state,
            confidence=found.confidence,
            section=found.section,
            block=found.block,
            start=found.start,
            end=found.end,
            words=anchoring.words_at(blocks, found)[:600],
            reason=found.reason[:60],
        )
        db.session.add(placed)
        return placed

    @classmethod
    def on(cls, plan: Plan, version: int) -> dict[int, Placement]:
        """Return the placements on one version, by thread id."""
        found = db.session.scalars(
            select(cls).where(cls.plan_id == plan.id, cls.version == version)
        )
        return {placement.thread_id: placement for placement in found}

    @property
    def value(self) -> anchoring.Placement:
        """Return the plain value that the anchoring rules take."""
        return anchoring.Placement(
            self.state, self.confidence, self.section, self.block, self.start, self.end, self.reason
        )


def place_opened(
    thread: Thread, origin: Origin, version: Version, blocks: Sequence[Block], shown: int
) -> None:
    """Place a new thread where it was written, among `blocks`, on version `shown` and the newest.

    The versions between stay without it: each would be compared as a whole, and somebody waits.
    """
    key = None if origin.kind == "document" else origin.key
    here = anchoring.Placement("exact", 1.0, origin.section, key, origin.start, origin.end, SAME)
    Placement.keep(thread, version.number, here, blocks)
    read = BlockReader(thread.plan)
    for number in sorted({shown, thread.plan.newest} - {version.number}):
        there, own = read(number), {version.number: read(version.number)}
        found = anchoring.place_all({thread.id: origin}, own, there)
        Placement.keep(thread, number, found[thread.id], there)


def carry(
    plan: Plan, version: Version, previous: Version | None, renames: Mapping[str, str]
) -> Counter[str]:
    """Place every thread on a new `version`; return how many open ones have which state."""
    threads = Thread.of(plan)
    counts: Counter[str] = Counter(dict.fromkeys(STATES, 0))
    if not threads or previous is None:
        return counts
    read = BlockReader(plan)
    blocks = read(version.number)
    origins = {thread.id: thread.origin for thread in threads}
    chained = _chained(_hops(plan, origins, previous.number, read), read, blocks, renames)
    # What came through exact by way of the version before cannot be placed better.
    done = {key for key, found in chained.items() if found.state == "exact"}
    rest = {key: origin for key, origin in origins.items() if key not in done}
    direct = {**chained, **_place(rest, read, blocks, renames)}
    for thread in threads:
        found = direct[thread.id]
        found = anchoring.better(found, chained.get(thread.id, found))
        Placement.keep(thread, version.number, found, blocks)
        counts[found.state] += thread.state == OPEN
    return counts


def _chained(
    hops: Mapping[int, tuple[Origin, anchoring.Placement]],
    read: BlockReader,
    blocks: Sequence[Block],
    renames: Mapping[str, str],
) -> dict[int, anchoring.Placement]:
    """Place threads by way of the version before: a step can keep or worsen, never improve."""
    placed = _place({key: hop for key, (hop, _) in hops.items()}, read, blocks, renames)
    return {
        key: replace(found, state=max(found.state, hops[key][1].state, key=STATES.index))
        for key, found in placed.items()
    }


def _place(
    origins: Mapping[int, Origin],
    read: BlockReader,
    blocks: Sequence[Block],
    renames: Mapping[str, str],
) -> dict[int, anchoring.Placement]:
    """Place threads, one version of origin after the other."""
    found: dict[int, anchoring.Placement] = {}
    for number in sorted({origin.version for origin in origins.values()}):
        here = {key: origin for key, origin in origins.items() if origin.version == number}
        found |= anchoring.place_all(here, {number: read(number)}, blocks, renames)
    return found


def _hops(
    plan: Plan, origins: Mapping[int, Origin], previous: int, read: BlockReader
) -> dict[int, tuple[Origin, anchoring.Placement]]:
    """Return each thread's origin as it reads on the version before, where that knew its words."""
    before = {
        thread_id: placed.value
        for thread_id, placed in Placement.on(plan, previous).items()
        if placed.block is not None and placed.state in ("exact", "moved", "edited")
    }
    blocks = read(previous) if before else ()
    hops = {
        thread_id: (_hop(placed, _quotes(origin, placed), previous, blocks), placed)
        for thread_id, origin in origins.items()
        if (placed := before.get(thread_id)) is not None and origin.version != previous
    }
    return {key: (hop, placed) for key, (hop, placed) in hops.items() if hop is not None}


def _quotes(origin: Origin, placed: anchoring.Placement) -> bool:
    """Tell whether a thread speaks of words; where those were purged, its place still says so."""
    return placed.start is not None if is_scrubbed(origin) else bool(origin.exact)


def _hop(
    placed: anchoring.Placement, quoted: bool, version: int, blocks: Sequence[Block]
) -> Origin | None:
    """Return a thread's origin as it reads at its place on another version.

    None where that place has no words to quote: the thread is then placed from its own version
    only. A push is never refused for it.
    """
    text = anchoring.words_at(blocks, placed) if quoted else ""
    start = placed.start
    if start is not None:
        start += len(text) - len(text.lstrip())
    place = Place(anchor=placed.section, block=placed.block, quote=text.strip(), start=start)
    try:
        return locate(blocks, version, place)
    except Problem:
        return None


def place_missing(plan: Plan) -> None:
    """Place the threads that have no place on the newest version: theirs were purged."""
    number, read = plan.newest, BlockReader(plan)
    here = Placement.on(plan, number)
    threads = {thread.id: thread for thread in Thread.of(plan) if thread.id not in here}
    blocks = read(number) if threads else ()
    origins = {key: thread.origin for key, thread in threads.items()}
    for key, found in _place(origins, read, blocks, {}).items():
        Placement.keep(threads[key], number, found, blocks)


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
