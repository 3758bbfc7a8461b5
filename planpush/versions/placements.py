"""Gives every open thread its place on a new version."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select, update

from planpush.comments.placement import STATES, Placement, open_places
from planpush.comments.rejections import Rejection
from planpush.comments.thread import OPEN, Thread
from planpush.database.session import db
from planpush.document.anchoring import reanchor
from planpush.document.anchoring.rejections import instead, refuses
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.blocks import Block
from planpush.document.diff.blocks import BlockMap, map_blocks
from planpush.document.diff.comparison import Effort
from planpush.document.findings import CODES
from planpush.errors import Finding, Problem
from planpush.plans.plan import Plan
from planpush.plans.section import Section
from planpush.plans.version import BlockReader, Version, VersionSection
from planpush.reviews.approval import Manifest, carried
from planpush.reviews.sign_offs import SignOff

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


_KNOWN = ("exact", "moved", "edited")
_KEPT = ("exact", "moved")


def carry(
    plan: Plan, version: Version, previous: Version | None, renames: Mapping[str, str]
) -> Counter[str]:
    """Place every thread on a new `version`; return how many open ones have which state."""
    counts: Counter[str] = Counter(dict.fromkeys(STATES, 0))
    if previous is None or not Thread.number_on(plan):
        return counts
    threads = Thread.of(plan)
    carrying = Carrying(plan, version.number, previous.number, renames)
    for thread, found in carrying.find(threads):
        Placement.keep(thread, version.number, found.placement, carrying.blocks, found.confirmed)
        counts[found.placement.state] += thread.state == OPEN
    return counts


def place_missing(plan: Plan) -> None:
    """Place the threads that have no place on the newest version: theirs were purged."""
    here = Placement.on(plan, plan.newest)
    threads = [thread for thread in Thread.of(plan) if thread.id not in here]
    if not threads:
        return
    carrying = Carrying(plan, plan.newest)
    for thread, found in carrying.find(threads):
        Placement.keep(thread, plan.newest, found.placement, carrying.blocks, found.confirmed)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a thread sits, and whether those are the words that a person confirmed."""

    placement: reanchor.Placement
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class _Source:
    """A place from which a thread is looked for: its origin, a hop, or one that was rejected.

    A hop is its place on another version, there in `state`: a step keeps or worsens that.
    """

    thread: int
    origin: Origin
    state: reanchor.State | None = None
    confirmed: bool = False
    rejected: bool = False


class Carrying:
    """Threads of `plan` on their way to version `number`, by way of version `previous`."""

    def __init__(
        self,
        plan: Plan,
        number: int,
        previous: int | None = None,
        renames: Mapping[str, str] | None = None,
    ) -> None:
        self.plan, self.number, self.previous = plan, number, previous
        self.renames = renames or {}
        self._read, self._known = BlockReader(plan), dict[int, tuple[Block, ...]]()
        self._maps: dict[int, BlockMap] = {}
        self.blocks = self.blocks_of(number)
        self._reach = Reach(plan, number, previous)

    def blocks_of(self, number: int) -> tuple[Block, ...]:
        """Return the blocks of version `number`; none if it was purged."""
        if number not in self._known:
            self._known[number] = self._read(number)
        return self._known[number]

    def find(self, threads: Sequence[Thread]) -> Iterator[tuple[Thread, Found]]:
        """Yield where each of `threads` sits."""
        origins = {thread.id: thread.origin for thread in threads}
        sources = [_Source(key, origin) for key, origin in origins.items()]
        sources += self._hops(origins) + self._rejected(threads)
        placed = self._places(sources)
        for thread in threads:
            yield thread, self._choice(origins[thread.id], placed[thread.id])

    def place(self, origin: Origin) -> reanchor.Placement:
        """Return where one place of another version is."""
        return next(found for _, found in self._placed([_Source(0, origin)]))

    def rejected(self, thread: Thread) -> list[reanchor.Placement]:
        """Return where the rejected places of `thread` are."""
        return [found for _, found in self._placed(self._rejected([thread]))]

    def without(self, origin: Origin, found: reanchor.Placement,
                rejected: Sequence[reanchor.Placement]) -> reanchor.Placement:  # fmt: skip
        """Return what is left for a thread of `origin` that is not at `found`."""
        return instead(origin, self._map(origin.version), found, rejected)

    def _places(
        self, sources: Sequence[_Source]
    ) -> dict[int, list[tuple[_Source, reanchor.Placement]]]:
        """Place all that is needed, by thread; what is near first, for it is mostly enough."""
        near = [source for source in sources if source.origin.version == self.previous]
        found: dict[int, list[tuple[_Source, reanchor.Placement]]] = defaultdict(list)
        for source, placed in self._placed(near):
            found[source.thread].append((source, placed))
        doubted = {source.thread for source in sources if source.rejected}
        sure = {key for key, here in found.items() if key not in doubted and _is_sure(here)}
        far = [
            source
            for source in sources
            if source.origin.version != self.previous and source.thread not in sure
        ]
        for source, placed in self._placed(far):
            found[source.thread].append((source, placed))
        return found

    def _placed(self, sources: Sequence[_Source]) -> Iterator[tuple[_Source, reanchor.Placement]]:
        """Place `sources`, version by version, the newest first.

        Where many versions are large, the older ones are not compared: what was said on them is
        only looked for by its words.
        """
        order = sorted(sources, key=lambda one: (one.origin.section, one.origin.key))
        for source in sorted(order, key=lambda one: one.origin.version, reverse=True):
            origin, there = source.origin, self._map(source.origin.version)
            if self._reach.compares(origin.version):
                yield source, reanchor.place(origin, there, self.blocks)
            else:
                yield source, reanchor.by_words(origin, there)

    def _map(self, number: int) -> BlockMap:
        """Return how another version became this one: from nothing, if it is not compared."""
        compared = number if self._reach.compares(number) else 0
        if compared not in self._maps:
            old = self.blocks_of(number) if compared else ()
            self._maps[compared] = map_blocks(old, self.blocks, self.renames)
        return self._maps[compared]

    def _hops(self, origins: Mapping[int, Origin]) -> list[_Source]:
        """Return the places on the version before, and those that people confirmed."""
        before = {} if self.previous is None else Placement.on(self.plan, self.previous)
        hops = [
            placed
            for key, placed in before.items()
            if key in origins
            and placed.block is not None
            and placed.state in _KNOWN
            and not placed.confirmed
            and origins[key].version != self.previous
        ]
        hops += [one for key, one in Placement.confirmed_of(self.plan).items() if key in origins]
        return [
            _Source(placed.thread_id, hop, placed.state, placed.confirmed)
            for placed in hops
            if (hop := self._hop(placed)) is not None
        ]

    def _hop(self, placed: Placement) -> Origin | None:
        if not self._reach.compares(placed.version):
            return None
        return hop_of(placed.value, placed.version, self.blocks_of(placed.version))

    def _rejected(self, threads: Sequence[Thread]) -> list[_Source]:
        asked = {thread.id for thread in threads}
        of_plan = select(Rejection).join(Thread).where(Thread.plan_id == self.plan.id)
        return [
            _Source(row.thread_id, Origin.from_dict(row.selector), rejected=True)
            for row in db.session.scalars(of_plan.order_by(Rejection.id))
            if row.thread_id in asked
        ]

    def _choice(
        self, origin: Origin, placed: Sequence[tuple[_Source, reanchor.Placement]]
    ) -> Found:
        """Return the best place that nobody rejected: a confirmed one, else the better state."""
        rejected = [found for source, found in placed if source.rejected]
        placed = [(source, found) for source, found in placed if not source.rejected]
        choices = [_capped(one, found) for one, found in sorted(placed, key=_straight_first)]
        choices.sort(key=lambda one: (not one.confirmed, STATES.index(one.placement.state)))
        for choice in choices:
            if not any(refuses(one, choice.placement) for one in rejected):
                return choice
        return Found(self.without(origin, choices[0].placement, rejected))


def _capped(source: _Source, found: reanchor.Placement) -> Found:
    """Return what a source found; a hop keeps the state of its place or worsens it."""
    if source.state is None:
        return Found(found)
    kept = source.confirmed and found.state in _KEPT
    state = max(found.state, source.state, key=STATES.index)
    return Found(replace(found, state=state), kept)


def _straight_first(placed: tuple[_Source, reanchor.Placement]) -> bool:
    return placed[0].state is not None


def _is_sure(placed: Sequence[tuple[_Source, reanchor.Placement]]) -> bool:
    """Tell whether nothing better can be found: exact, or what a person confirmed."""
    found = [_capped(source, one) for source, one in placed if not source.rejected]
    return any(one.confirmed or one.placement.state == "exact" for one in found)


def hop_of(placed: reanchor.Placement, version: int, blocks: Sequence[Block]) -> Origin | None:
    """Return a thread's place on a version as an origin.

    None where that place has no words to quote: the thread is then placed from its own version
    only. A push is never refused for it.
    """
    text, start = "", placed.start
    if start is not None:
        text = reanchor.words_at(blocks, placed)
        start += len(text) - len(text.lstrip())
    place = Place(anchor=placed.section, block=placed.block, quote=text.strip(), start=start)
    try:
        return locate(blocks, version, place)
    except Problem:
        return None


def keep_words(
    plan: Plan, previous: int, before: Manifest, after: Manifest, renames: Mapping[str, str]
) -> None:
    """Let words on the `previous` version count for the newest, too, if what they cover is there.

    The others lapse, and so does what they made of the plan. A few statements, however many words.
    """
    here = SignOff.plan_id == plan.id, SignOff.version == previous
    stood = db.session.scalars(select(SignOff).where(*here, SignOff.withdrawn_at.is_(None))).all()
    kept = []
    for word in stood:
        sections = carried(word.sections, before, after, renames)
        if sections is not None:
            kept.append({"id": word.id, "version": plan.newest, "sections": sections})
        db.session.expire(word)
    if kept:
        db.session.execute(update(SignOff), kept)
        SignOff.settle(plan)


def fall_back(plan: Plan, gone: Collection[int]) -> None:
    """Let words on versions that are being purged lapse, without what they say: it may quote them.

    What was given before them and counts no further counts for the newest that is left.
    """
    words = db.session.scalars(select(SignOff).where(SignOff.plan_id == plan.id)).all()
    for word in words:
        if word.given_on in gone:
            word.note, word.version, word.sections = "", 0, []
        elif word.version in gone:
            counted = word.given_on <= plan.newest < word.version
            stands = counted and _is_same(plan, word)
            word.sections = word.sections if stands else []  # named as on a version that is gone
            if counted:
                word.version = plan.newest if stands else 0
    SignOff.settle(plan)


def _is_same(plan: Plan, word: SignOff) -> bool:
    """Tell whether what a word covers has the same name on the newest version that is left."""
    if not word.sections:
        return True
    there, here = (
        {row.anchor: row.sha256 for row in Version.of(plan, number).manifest()}
        for number in (word.version, plan.newest)
    )
    return all(here.get(anchor) == there[anchor] for anchor in word.sections)


_MOST_NAMED = 20
_MOST = 50


def abandoned(plan: Plan, newest: Version, kept: Collection[str]) -> list[Finding]:
    """Return a warning for each section of `newest` that is not `kept` and has open threads.

    `kept` are the anchors of what comes next, and those that it was renamed from.
    """
    if not Thread.number_on(plan):
        return []
    here = {row.anchor for row in newest.manifest()}
    threads: dict[str, list[int]] = defaultdict(list)
    for place in open_places(plan, newest.number):
        if place.section in here and place.section not in kept:
            threads[place.section].append(place.thread_id)
    return [_finding(anchor, threads[anchor]) for anchor in sorted(threads)[:_MOST]]


def _finding(anchor: str, threads: list[int]) -> Finding:
    code = CODES["anchor_with_threads"]
    named = ", ".join(map(str, sorted(threads)[:_MOST_NAMED]))
    more = f" and {len(threads) - _MOST_NAMED} more" if len(threads) > _MOST_NAMED else ""
    return Finding(
        "anchor_with_threads",
        code.message.format(anchor, f"{named}{more}"),
        code.fix,
        field="sections",
    )
