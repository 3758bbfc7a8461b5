"""Sections for load tests: built as a push builds them, once, and stored with many plans."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random

from bench.data.words import COMMON, COMMON_TOO, PHRASE, RARE, Vocabulary
from planpush.comments.placement import WORDS, place_of
from planpush.document.anchoring.reanchor import words_at
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.blocks import Block
from planpush.document.search_terms import spaced, tsvector
from planpush.plans.section import Section, unpack_blocks
from planpush.versions.new_sections import build_fresh
from planpush.versions.request import Push, SectionPush, manifest_of

FIRST = "summary"
OTHERS = ("design", "data", "interfaces", "rollout", "risks", "testing")
VARIANTS = 48
"""Of each section; plans share them, which no reader of one plan can tell."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where a thread may sit: as its origin and its placement keep it."""

    kind: str
    selector: str  # JSON from behind the version's number on
    placed: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A section ready to be stored: `columns` as its table has them, and what is found of it."""

    anchor: str
    sha256: str
    columns: tuple[object, ...]
    body: str
    words: str | None
    spots: tuple[Spot, ...]


class Stock:
    """What plans are made of: prepared sections by anchor, and comments with their words."""

    def __init__(self, rng: Random, said: Vocabulary, *, words: bool) -> None:
        self.rng, self.said, self.words = rng, said, words
        self.sections = {anchor: self._section(anchor) for anchor in (FIRST, *OTHERS)}
        self.rare = self._prepared([("notes", self._html("notes", f"Mind the {RARE}."))])[0]
        self.whole = spot_of(Origin(1), ())
        bodies = [self._comment() for _ in range(4_000)]
        self.comments = [(body, self.index(body)) for body in bodies]

    def index(self, text: str) -> str | None:
        """Return what PostgreSQL finds a text by; None where the database indexes it itself."""
        return tsvector(text) if self.words else None

    def _comment(self) -> str:
        return " ".join(self.said.sentence(5, 14) for _ in range(self.rng.randint(1, 2)))

    def _section(self, anchor: str) -> list[Prepared]:
        pages = []
        for number in range(VARIANTS):
            told = f"The {COMMON} of this {COMMON_TOO} comes last." if anchor == FIRST else ""
            if anchor == OTHERS[0] and number % 20 == 0:
                told = f"Then {PHRASE} and wait."
            pages.append((anchor, self._html(anchor, told)))
        return self._prepared(pages)

    def _html(self, anchor: str, told: str) -> str:
        say, title = self.said.sentence, " ".join(self.said.some(3)).capitalize()
        items = "".join(f"<li>{say(4, 8)}</li>" for _ in range(self.rng.randint(2, 4)))
        rows = "".join(f"<tr><td>{one}</td><td>{say(2, 4)}</td></tr>" for one in self.said.some(2))
        table = (
            f"<table><thead><tr><th>Name</th><th>Use</th></tr></thead><tbody>{rows}</tbody></table>"
        )
        body = f"<h2>{title}</h2><p>{told} {say(14, 30)}</p><ul>{items}</ul>"
        last = table if self.rng.random() < 0.3 else f"<p>{say(8, 16)}</p>"
        return f'<section class="pp-section" data-anchor="{anchor}">{body}{last}</section>'

    def _prepared(self, pages: list[tuple[str, str]]) -> list[Prepared]:
        push = Push([SectionPush(anchor, html) for anchor, html in pages])
        wanted = manifest_of(push, {})
        made = build_fresh(push, wanted, {}).sections
        return [self._ready(made[key]) for key in wanted]

    def _ready(self, made: Section) -> Prepared:
        blocks = unpack_blocks(made.blocks, made.html)
        body = spaced("\n".join([made.title, *(b.text for b in blocks if not b.element)]))
        columns = (made.anchor, made.sha256, made.title, made.source_bytes, made.elements)
        packed = (made.html, made.blocks, made.pins, json.dumps(made.icons))
        spots = tuple(_spots(made.anchor, blocks))
        return Prepared(made.anchor, made.sha256, columns + packed, body, self.index(body), spots)


def _spots(anchor: str, blocks: tuple[Block, ...]) -> list[Spot]:
    """Return where threads may sit: the section, its leaves, and the first words of each."""
    places = [Place(anchor=anchor)]
    for block in blocks:
        words = " ".join(block.text.split(" ")[:4])
        if not block.element:
            places += [
                Place(anchor=anchor, block=block.key),
                Place(anchor=anchor, block=block.key, quote=words, start=0, end=len(words)),
            ]
    return [spot_of(locate(blocks, 1, place), blocks) for place in places]


def spot_of(origin: Origin, blocks: tuple[Block, ...]) -> Spot:
    """Return what is stored of a thread at `origin`, which is on version 1."""
    found = place_of(origin)
    told = json.dumps(origin.as_dict()).removeprefix('{"version": 1')
    words = words_at(blocks, found)[:WORDS]
    placed = (found.state, found.confidence, found.section, found.block, found.start, found.end)
    return Spot(origin.kind, told, (*placed, words, found.reason))
