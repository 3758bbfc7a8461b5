"""What the sign-offs of a version add up to, and which outlive a new version.

A word covers named sections, or the whole plan if none is named (`[]`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from planpush.accounts.avatar import Face

APPROVED, CHANGES, WAITING, LAPSED, PUSHED = "approved", "changes", "waiting", "lapsed", "pushed"
ASKED, SPOKE = "asked", "spoke"
Manifest = Sequence[tuple[str, str]]  # anchor and SHA-256 of each section in order
_VERBS = {APPROVED: "approved", CHANGES: "asked for changes to"}


@dataclass(frozen=True, slots=True)
class Word:
    """A decision, with its note: given on one version, and it counted `until` a later one.

    `until` is 0 if the version that it was given on was purged.
    """

    decision: str
    note: str = ""
    given_on: int = 0
    until: int = 0
    sections: Sequence[str] = ()


NOTHING = Word("")


@dataclass(frozen=True, slots=True)
class Seat:
    """One reviewer of a version: what counts of what they `said`, and their `word` if there is one.

    They approved, asked for changes, wait (they were `asked`), gave a word that lapsed, or pushed
    the version themselves.
    """

    user: Face
    said: str
    asked: bool = False
    word: Word = NOTHING

    def kept(self, newest: int) -> bool:
        """Tell whether what they said on an older version counts for the newest."""
        return self.said in (APPROVED, CHANGES) and self.word.given_on != newest

    def words(self, newest: int, count: int = 0) -> str:
        """Return what they said, in words; `count` is how many sections there are, 0 if unknown."""
        word = self.word
        if not word.decision:
            return "pushed this version" if self.said == PUSHED else "has not decided yet"
        place = f"v{word.given_on}" if word.until else "a version that was purged"
        if word.sections:
            some = len(word.sections)
            of = f"of {count} sections" if count else "section" if some == 1 else "sections"
            place = f"{some} {of}" + ("" if word.given_on == newest else f" of {place}")
        return f"{_VERBS[word.decision]} {place}"

    def told(self, newest: int) -> str:
        """Return who it is and what they said, in words."""
        again = ": needs another look" if self.said == LAPSED else ""
        return f"{self.user.name} {self.words(newest)}{again}"


@dataclass(slots=True)
class Table:
    """What is known of a version's reviewers while the rows come in, by the ids of people."""

    faces: dict[int, Face] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)  # who has left: they are not waited for
    asked: set[int] = field(default_factory=set)
    pushed: set[int] = field(default_factory=set)
    lapsed: dict[int, Word] = field(default_factory=dict)
    spoke: dict[int, Word] = field(default_factory=dict)

    def note(self, part: str, who: Face, word: Word, *, here: bool) -> None:
        """Note one part that a person has; people come in the order in which they sit."""
        self.faces.setdefault(who.id, who)
        if not here:
            self.gone.add(who.id)
        if part in (SPOKE, LAPSED):
            (self.spoke if part == SPOKE else self.lapsed)[who.id] = word
        else:
            (self.asked if part == ASKED else self.pushed).add(who.id)

    def seats(self) -> list[Seat]:
        """Return who reviews. Who pushed the version is not waited for, nor is who has left."""
        found = []
        for who, face in self.faces.items():
            asked = who in self.asked
            if who in self.spoke:
                word = self.spoke[who]
                found.append(Seat(face, word.decision, asked, word))
            elif who in self.gone:
                continue
            elif who in self.pushed:
                found += [Seat(face, PUSHED, asked)] if asked else []
            elif who in self.lapsed:
                found.append(Seat(face, LAPSED, asked, self.lapsed[who]))
            elif asked:
                found.append(Seat(face, WAITING, asked))
        return found


def carried(
    covered: Collection[str], before: Manifest, after: Manifest, renames: Mapping[str, str]
) -> list[str] | None:
    """Return what a word covers after a push, by today's anchors; None if some of it changed.

    `renames` says which anchor became which. Of the whole plan nothing may be added or moved.
    """
    was, here = dict(before), dict(after)
    if not covered:
        same = len(before) == len(after) and all(
            old == new and name in (anchor, renames.get(anchor))
            for (anchor, old), (name, new) in zip(before, after, strict=True)
        )
        return [] if same else None
    found = []
    for anchor in covered:
        names = [name for name in (anchor, renames.get(anchor, "")) if name in here]
        same_text = [name for name in names if here[name] == was.get(anchor)]
        if not same_text:
            return None
        found.append(same_text[0])
    return list(dict.fromkeys(found))


def uncovered(seats: Iterable[Seat], anchors: Callable[[], Iterable[str]]) -> list[str]:
    """Return the sections that no approval covers; `anchors` is asked only if it matters."""
    approvals = [seat.word.sections for seat in seats if seat.said == APPROVED]
    if any(not sections for sections in approvals):
        return []
    covered = {anchor for sections in approvals for anchor in sections}
    return [anchor for anchor in anchors() if anchor not in covered]


def verdict(seats: Sequence[Seat], anchors: Callable[[], Iterable[str]]) -> str:
    """Return what words make of a plan: "approved", "changes", or empty as long as it is neither.

    Somebody approved, nobody asks for changes, nobody who was asked is waited for, and the
    approvals together cover all sections.
    """
    said = {seat.said for seat in seats}
    waits = any(seat.asked and seat.said in (WAITING, LAPSED) for seat in seats)
    if CHANGES in said:
        return CHANGES
    if APPROVED not in said or waits or uncovered(seats, anchors):
        return ""
    return APPROVED
