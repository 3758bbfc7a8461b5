"""Documents whose every word has a number, so that a bench knows where each went."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from itertools import pairwise
from pathlib import Path

from planpush.document.vocabulary import COMPONENTS

ROOT = Path(__file__).parents[1]
SAMPLES = (
    *sorted((ROOT / "planpush" / "samples").rglob("*.html")),
    ROOT / "tests" / "golden" / "good" / "landing-page.html",
)
SPACES = (" ", "  ", "\n", "<br>", "&nbsp;", " <!-- note --> ")
ANSWERS = ("yes", "no", "n/a", "1", "2", "optional")

Word = tuple[int, str]


@dataclass
class Leaf:
    """A block of text; `dressed` writes the same words in other markup."""

    name: int
    words: list[Word]
    dressed: int = 0

    @property
    def text(self) -> str:
        """Return what a reader sees."""
        return " ".join(word for _, word in self.words)

    def html(self) -> str:
        """Return the words as markup."""
        if not self.dressed:
            return escape(self.text, quote=False)
        chance = random.Random(self.dressed)
        told = [_dress(chance, word) for _, word in self.words]
        spaces = [chance.choice(SPACES) for _ in told[1:]]
        return "".join(f"{space}{word}" for space, word in zip(["", *spaces], told, strict=True))


def _dress(chance: random.Random, word: str) -> str:
    plain = escape(word)
    entities = "".join(f"&#x{ord(mark):x};" for mark in word)
    marked = [f"<b>{plain}</b>", f"<code>{plain}</code>", entities]
    return chance.choice([plain, plain, plain, *marked])


@dataclass
class Part:
    """Something in a chapter: prose, a list, a card with a key, a table, a diagram."""

    kind: str
    key: str
    rows: list[list[Leaf]]
    manner: str = "LR"
    edges: list[tuple[int, int, str]] = field(default_factory=list)

    @property
    def leaves(self) -> list[Leaf]:
        """Return the blocks in the order of the document; those of a diagram are its nodes."""
        return [leaf for row in self.rows for leaf in row]

    def html(self) -> str:
        """Return the markup of the part."""
        told = [leaf.html() for leaf in self.leaves]
        if self.kind == "prose":
            return "".join(f"<p>{words}</p>" for words in told)
        if self.kind == "list":
            return f"<ul>{''.join(f'<li>{words}</li>' for words in told)}</ul>"
        if self.kind == "card":
            body = "".join(f"<p>{words}</p>" for words in told[1:])
            return f'<div class="card" data-anchor="{self.key}"><h3>{told[0]}</h3>{body}</div>'
        return self._table() if self.kind == "table" else self._diagram()

    def _table(self) -> str:
        head, *body = self.rows
        rows = "".join(f"<tr>{''.join(f'<td>{c.html()}</td>' for c in row)}</tr>" for row in body)
        columns = "".join(f'<th scope="col">{cell.html()}</th>' for cell in head)
        table = f"<table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>"
        return f'<div class="table-wrap">{table}</div>'

    def _diagram(self) -> str:
        nodes = "".join(f'  n{leaf.name}["{leaf.text}"]\n' for leaf in self.leaves)
        edges = "".join(
            f"  n{a} -->{f'|{words}|' if words else ''} n{b}\n" for a, b, words in self.edges
        )
        source = escape(f"flowchart {self.manner}\n{nodes}{edges}")
        key = f'data-kind="mermaid" data-anchor="{self.key}"'
        return f'<pre class="pp-diagram" {key}>{source}</pre>'

    def edge(self, at: tuple[int, int, str]) -> str:
        """Return what an edge is called."""
        names = {leaf.name: leaf.text for leaf in self.leaves}
        return f"{names[at[0]]} → {names[at[1]]}" + (f": {at[2]}" if at[2] else "")


@dataclass
class Chapter:
    """A section."""

    key: str
    title: Leaf
    parts: list[Part]

    def html(self) -> str:
        """Return the section as it is pushed."""
        inner = "".join(part.html() for part in self.parts)
        start = f'<section class="pp-section" data-anchor="{self.key}">'
        return f"{start}<h2>{self.title.html()}</h2>{inner}</section>"

    def leaves(self) -> Iterator[Leaf]:
        """Yield the blocks that are no part of a drawing."""
        yield self.title
        for part in self.parts:
            if part.kind != "diagram":
                yield from part.leaves


def plain(word: str) -> str:
    """Return a word that the label of a node keeps in one line."""
    return re.sub(r"[^a-z]", "", word.lower())[:9] or "x"


def sentences() -> list[str]:
    """Return what the sample documents say, each sentence once."""
    pages = [path.read_text(encoding="utf-8") for path in SAMPLES]
    pages += [component.example for component in COMPONENTS]
    runs = [" ".join(unescape(run).split()) for p in pages for run in re.findall(r">([^<>]+)<", p)]
    return list(dict.fromkeys(run for run in runs if len(run) > 24 and "|" not in run))


class Author:
    """Writes documents, and numbers their words."""

    def __init__(self, chance: random.Random, said: Sequence[str], drawn: bool) -> None:
        self.chance, self.said, self.drawn = chance, said, drawn
        self.count = 0
        self.all = [word for sentence in said for word in sentence.split()]
        self.after: dict[str, list[str]] = defaultdict(list)
        for one, other in pairwise(self.all):
            self.after[one].append(other)

    def number(self) -> int:
        """Return a new number."""
        self.count += 1
        return self.count

    def leaf(self, text: str) -> Leaf:
        """Return a block with new words."""
        return Leaf(self.number(), [(self.number(), word) for word in text.split()])

    def word(self) -> Word:
        """Return a new word."""
        return self.number(), self.chance.choice(self.all)

    def sentence(self) -> str:
        """Return a new sentence: words follow each other as they do in the samples."""
        word = self.chance.choice(self.said).split()[0]
        found: list[str] = []
        size = self.chance.randint(7, 24)
        while len(found) < size:
            found.append(word)
            follow = self.after.get(word)
            at = self.chance.randrange(len(follow)) if follow else 0
            word = follow.pop(at) if follow else self.chance.choice(self.all)
        return " ".join(found)

    def name(self) -> str:
        """Return two or three words that name something."""
        return " ".join(
            re.sub(r"[^a-z]", "", word.lower())[:9] or "x" for word in self.sentence().split()[:3]
        )

    def document(self) -> list[Chapter]:
        """Return a document of seven chapters."""
        return [self._chapter(n) for n in range(7)]

    def _chapter(self, n: int) -> Chapter:
        kinds = self.chance.choices(("prose", "prose", "list", "card", "table"), k=5)
        if self.drawn and n == 2:
            kinds.append("diagram")
        parts = [self._part(kind, f"{kind}-{n}-{k}") for k, kind in enumerate(kinds)]
        return Chapter(f"chapter-{n}", self.leaf(self.name()), parts)

    def _part(self, kind: str, key: str) -> Part:
        chance = self.chance
        if kind == "table":
            return Part(kind, key, self._table())
        if kind == "diagram":
            nodes = [self.leaf(f"{self.name()} {n}") for n in range(6)]
            pairs = [(a, b) for a in nodes for b in nodes if a is not b]
            edges = [
                (a.name, b.name, chance.choice(("", "", self.name())))
                for a, b in chance.sample(pairs, 7)
            ]
            return Part(kind, key, [nodes], "LR", edges)
        least = 1 if kind == "list" else 2
        texts = [self.sentence() for _ in range(chance.randint(3, 5))]
        if kind != "list":
            texts = [" ".join([text, self.sentence()]) for text in texts]
        head = [self.leaf(self.name())] if kind == "card" else []
        return Part(kind, key, [[*head, *map(self.leaf, texts[: least + 3])]])

    def _table(self) -> list[list[Leaf]]:
        head = [self.leaf(word) for word in ("Name", "Needed", "Since", "Meaning")]
        rows = []
        for n in range(self.chance.randint(4, 8)):
            short = [self.leaf(self.chance.choice(ANSWERS)) for _ in range(2)]
            rows.append([self.leaf(f"{self.name()} {n}"), *short, self.leaf(self.sentence())])
        return [head, *rows]
