"""Revisions of numbered documents: what happened to each comment's words is known, not found."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from bench.anchors_documents import ANSWERS, Author, Chapter, Leaf, Part, plain

FATES = {
    "unchanged": 50,
    "light edit": 8,
    "heavy edit": 5,
    "moved": 5,
    "edited around": 7,
    "duplicated": 5,
    "other markup": 8,
    "words deleted": 3,
    "deleted": 5,
    "deleted with a near twin": 4,
}
TABLES = {
    "unchanged": 3,
    "rows sorted": 3,
    "column inserted": 2,
    "rows sorted, column inserted": 1,
    "row deleted": 2,
    "cell changed": 2,
}
TELLING = 6  # words that a block has to have to be more than a label


@dataclass(frozen=True)
class Comment:
    """On words of a leaf, on it as a whole, on a card (by its heading) or on an edge."""

    kind: str
    fate: str
    leaf: int
    words: tuple[int, ...] = ()
    end: int = 0


@dataclass
class Revision:
    """Two versions, the comments of the first, and the section keys that were renamed."""

    old: list[Chapter]
    new: list[Chapter] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    renames: dict[str, str] = field(default_factory=dict)


def revise(author: Author, document: list[Chapter], copies: bool = True) -> Revision:
    """Return a revision of a document: about half of it changes.

    In several revisions in a row nobody could tell a copy from what it is a copy of: say
    `copies=False` there.
    """
    return _Editor(author, document, copies).revision()


class _Editor:
    def __init__(self, author: Author, document: list[Chapter], copies: bool) -> None:
        self.author, self.chance, self.copies = author, author.chance, copies
        self.made = Revision(document)
        self.fates: dict[int, str] = {}
        self.quotes: dict[int, tuple[int, ...]] = {}

    def revision(self) -> Revision:
        """Give every block its fate, then bring it about."""
        made = self.made
        for _, part, row, leaf in list(_places(made.old)):
            self._destine(part, row, leaf)
        made.new = deepcopy(made.old)
        for chapter, _, row, leaf in list(_places(made.new)):
            self._befall(chapter, row, leaf)
        for chapter, old in zip(made.new, deepcopy(made.old), strict=True):
            for part, before in zip(chapter.parts, old.parts, strict=True):
                self._change(part, before)
            self._rename(chapter)
        return made

    def _destine(self, part: Part, row: list[Leaf], leaf: Leaf) -> None:
        """Choose a fate and a quote; a twin is there before."""
        if leaf.name in self.fates:
            return
        titled = part.kind == "card" and leaf is row[0]
        small = len(leaf.words) < TELLING
        fate = self.chance.choices([*FATES], [*FATES.values()])[0]
        doubled = fate in ("duplicated", "deleted with a near twin") and not self.copies
        fate = "unchanged" if titled or small or doubled else fate
        size = self.chance.randint(2, 12)
        start = self.chance.randrange(max(1, len(leaf.words) - size + 1))
        words = tuple(number for number, _ in leaf.words[start : start + size])
        self.fates[leaf.name], self.quotes[leaf.name] = fate, words
        self.made.comments.append(Comment("text", fate, leaf.name, words))
        if fate != "words deleted" and self.chance.random() < 0.3:
            whole = tuple(number for number, _ in leaf.words)
            self.made.comments.append(Comment("element", fate, leaf.name, whole))
        if fate == "deleted with a near twin":
            self._add_copy(leaf, self.made.old, changed=2)

    def _add_copy(self, leaf: Leaf, document: list[Chapter], changed: int = 0) -> None:
        """Put the same words, some of them changed, into another chapter."""
        copy = self.author.leaf(leaf.text)
        for _ in range(changed):
            copy.words[self.chance.randrange(len(copy.words))] = self.author.word()
        self.fates[copy.name] = "copy"
        self._insert(copy, document, [c for c in document if leaf in c.leaves()])

    def _insert(self, leaf: Leaf, document: list[Chapter], but: list[Chapter]) -> None:
        rows = [part.rows[0] for c in document if c not in but for part in _textual(c)]
        row = self.chance.choice(rows)
        row.insert(self.chance.randint(1, len(row)), leaf)

    def _befall(self, chapter: Chapter, row: list[Leaf], leaf: Leaf) -> None:
        fate = self.fates[leaf.name]
        if fate == "light edit":
            self._edit(leaf, [self.chance.choice(self._quoted(leaf))])
        elif fate == "heavy edit":
            share = 0.25 + 0.15 * self.chance.random()
            count, quoted = int(share * len(leaf.words)), self._quoted(leaf)
            ids = [number for number, _ in leaf.words if number not in quoted]
            ids += self.chance.sample(quoted, int(0.4 * len(quoted)))
            self._edit(leaf, self.chance.sample(ids, min(count, len(ids))))
        elif fate == "edited around":
            quoted = self._quoted(leaf)
            ids = [number for number, _ in leaf.words if number not in quoted]
            self._edit(leaf, self.chance.sample(ids, -(-len(ids) // 4)))
        elif fate == "duplicated":
            self._add_copy(leaf, self.made.new)
        elif fate == "other markup":
            leaf.dressed = self.author.number()
        elif fate == "words deleted":
            leaf.words = [w for w in leaf.words if w[0] not in self._quoted(leaf)]
            leaf.words = leaf.words or [self.author.word()]
        elif fate in ("moved", "deleted", "deleted with a near twin"):
            row[:] = [other for other in row if other is not leaf]
            if not row:
                row.append(self.author.leaf(self.author.sentence()))
            if fate == "moved":
                self._insert(leaf, self.made.new, [chapter])

    def _quoted(self, leaf: Leaf) -> list[int]:
        return [number for number, _ in leaf.words if number in self.quotes[leaf.name]]

    def _edit(self, leaf: Leaf, numbers: list[int]) -> None:
        """Replace, insert before, or take away the words of some numbers."""
        words = []
        for number, word in leaf.words:
            if number not in numbers:
                words.append((number, word))
                continue
            how = self.chance.choice(("replace", "replace", "insert", "take"))
            words += [self.author.word()] if how != "take" else []
            words += [(number, word)] if how == "insert" else []
        leaf.words = words or [self.author.word()]

    def _change(self, part: Part, before: Part) -> None:
        """Change what a table, a diagram, a card or a paragraph is as a whole."""
        if part.kind == "table":
            self._change_table(part)
        elif part.kind == "diagram":
            self._change_diagram(part, before)
        elif part.kind == "card":
            fate = "key changed" if self.chance.random() < 0.2 else "unchanged"
            self.made.comments.append(Comment("card", fate, before.leaves[0].name))
            part.key += "-new" * (fate == "key changed")
        elif part.kind == "prose" and self.chance.random() < 0.15:
            part.kind = "list"

    def _change_table(self, part: Part) -> None:
        fate = self.chance.choices([*TABLES], [*TABLES.values()])[0]
        for row in part.rows[1:]:
            for cell in row:
                kind = self.chance.choice(("cell", "text"))
                words = tuple(number for number, _ in cell.words) if kind == "text" else ()
                self.made.comments.append(Comment(kind, f"table: {fate}", cell.name, words))
        head, *body = part.rows
        if fate == "row deleted":
            body.remove(self.chance.choice(body))
        if fate == "cell changed":
            for row in body[::2]:
                others = [answer for answer in ANSWERS if answer != row[2].text]
                row[2].words = self.author.leaf(self.chance.choice(others)).words
        if "sorted" in fate:
            body.sort(key=lambda row: row[3].text)
        if "column" in fate:
            head.insert(2, self.author.leaf("Default"))
            for row in body:
                row.insert(2, self.author.leaf(self.chance.choice(ANSWERS)))
        part.rows = [head, *body]

    def _change_diagram(self, part: Part, before: Part) -> None:
        """Turn it, add nodes, shuffle its edges, call some of both another name."""
        nodes, comments = part.rows[0], self.made.comments
        part.manner = "TD" if part.manner == "LR" else "LR"
        other = {leaf.name for leaf in self.chance.sample(nodes[:3], 1)}
        for leaf in nodes:
            fate = "renamed" if leaf.name in other else "re-laid-out"
            comments.append(Comment("node", f"diagram: {fate}", leaf.name))
            leaf.words[0] = self.author.word() if fate == "renamed" else leaf.words[0]
            leaf.words[0] = leaf.words[0][0], plain(leaf.words[0][1])
        for start, end, _ in before.edges:
            fate = "joins a renamed node" if {start, end} & other else "re-laid-out"
            comments.append(Comment("edge", f"diagram: {fate}", start, end=end))
        more = [self.author.leaf(f"{self.author.name()} new {n}") for n in range(2)]
        part.rows[0] = [more[0], *nodes[::-1], more[1]]
        part.edges = [(more[0].name, nodes[0].name, ""), *part.edges]
        self.chance.shuffle(part.edges)

    def _rename(self, chapter: Chapter) -> None:
        """Give some chapters another key and title; the push says so of half of them."""
        if self.chance.random() < 0.8:
            return
        old, chapter.key = chapter.key, f"{chapter.key}-new"
        chapter.title.words = [*chapter.title.words[:1], self.author.word()]
        if self.chance.random() < 0.5:
            self.made.renames[old] = chapter.key


def _textual(chapter: Chapter) -> list[Part]:
    return [part for part in chapter.parts if part.kind in ("prose", "list", "card")]


def _places(document: list[Chapter]) -> Iterator[tuple[Chapter, Part, list[Leaf], Leaf]]:
    """Yield the blocks that are neither titles nor in tables and diagrams, with where they are."""
    for chapter in document:
        for part in _textual(chapter):
            for leaf in list(part.rows[0]):
                yield chapter, part, part.rows[0], leaf
