"""Our anchoring over generated revisions, judged by the numbers of the words."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from bench.anchors_documents import Author, Chapter, Leaf, Part, sentences
from bench.anchors_edits import Comment, Revision, revise
from planpush.document.anchoring.reanchor import Placement, better, place_all
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.blocks import Block
from planpush.document.diagrams import renderer
from planpush.document.diagrams.draw import draw
from planpush.document.sanitizer import svg
from planpush.document.sanitizer.sanitizer import clean
from planpush.document.sections import build
from planpush.errors import InvalidDocument

DOCUMENTS, CHAINS, SURE = 16, 4, 0.5
SKIPPED = ("summary", "pre")  # the source of a diagram stands below it
UNCERTAIN = (-1, -1)  # so little is left that it is a matter of opinion
Span = tuple[int, int]
Table = dict[str, Counter[str]]


class Edition:
    """A version of a numbered document as it is stored."""

    def __init__(self, chapters: list[Chapter]) -> None:
        self.blocks: list[Block] = []
        self.spots: dict[int, tuple[Leaf, Block]] = {}
        self.cards: dict[int, Block] = {}
        self.edges: dict[tuple[int, int], Block] = {}
        for chapter in chapters:
            html = _drawn(chapter)
            built = build(chapter.key, svg.settle(clean(html))).blocks
            self._read(chapter, built)
            self.blocks += built

    def _read(self, chapter: Chapter, built: tuple[Block, ...]) -> None:
        """Note which block each leaf is: they stand in the same order."""
        texts = [b for b in built if not b.element and b.tag not in SKIPPED]
        for leaf, block in zip(chapter.leaves(), texts, strict=True):
            if leaf.text != block.text:
                raise ValueError(f"{block.text!r} was written as {leaf.text!r}")
            self.spots[leaf.name] = leaf, block
        for part in chapter.parts:
            if part.kind == "card":
                self.cards[part.leaves[0].name] = next(b for b in built if b.anchors[0] == part.key)
            elif part.kind == "diagram":
                self._read_diagram(part, [b for b in built if b.tag == "g"])

    def _read_diagram(self, part: Part, drawn: list[Block]) -> None:
        mine = [block for block in drawn if block.anchors[0].startswith(f"{part.key}-")]
        by_name = {block.text: block for block in mine}
        for leaf in part.leaves:
            self.spots[leaf.name] = leaf, by_name[leaf.text]
        for edge in part.edges:
            self.edges[edge[:2]] = by_name[part.edge(edge)]

    def find(self, comment: Comment) -> tuple[Block, Span | None] | None:
        """Return where a comment belongs, or None if that is gone; a span only of words."""
        if comment.kind == "edge":
            block = self.edges.get((comment.leaf, comment.end))
        elif comment.kind == "card":
            block = self.cards.get(comment.leaf)
        else:
            block = self.spots[comment.leaf][1] if comment.leaf in self.spots else None
        if block is None:
            return None
        span = self._span(comment) if comment.words else None
        if comment.kind == "text":
            return block, span
        return block, UNCERTAIN if span in (UNCERTAIN, (0, 0)) else None

    def _span(self, comment: Comment) -> Span:
        """Return where the first to the last of the words are left, or an empty span."""
        at, start, end, left = 0, -1, 0, 0
        for number, word in self.spots[comment.leaf][0].words:
            if number in comment.words:
                start, end, left = at if start < 0 else start, at + len(word), left + 1
            at += len(word) + 1
        if 0 < left < len(comment.words) / 2:
            return UNCERTAIN
        return (start, end) if left else (0, 0)

    def origin(self, comment: Comment, version: int) -> Origin:
        """Return what is stored with a comment on this version."""
        found = self.find(comment)
        if found is None:
            raise ValueError(f"{comment} is on nothing")
        block, span = found
        place = Place(block.section, block.key)
        if span:
            text, start, end = block.text, *span
            place = Place(block.section, block.key, text[start:end], start=start, end=end)
        return locate(self.blocks, version, place)


def _drawn(chapter: Chapter) -> str:
    """Return a chapter with its diagrams drawn; a busy machine may need a second go."""
    try:
        return draw(chapter.key, chapter.html())[0]
    except InvalidDocument:
        return draw(chapter.key, chapter.html())[0]


def judge(truth: tuple[Block, Span | None] | None, found: Placement, quote: str) -> str:
    """Return right, near, wrong or lost; of what is gone, fair, close or falsely placed.

    Fair and close are right and near. It is "" where nobody can tell, as when the very words were
    put there again.
    """
    quoted = found.start is not None and found.end is not None
    claims = quoted or found.confidence >= SURE
    block, span = truth or (None, None)
    here = block is not None and (found.section, found.block) == (block.section, block.key)
    again = block is not None and quoted and block.text[found.start : found.end] == quote
    if span == UNCERTAIN or (span == (0, 0) and here and again):
        return ""
    if block is None or span == (0, 0):
        if not claims:
            return "fair"
        return "close" if here and not quoted else "falsely placed"
    if not claims:
        return "lost"
    if not here:
        return "wrong"
    if not span:
        return "near" if found.state == "outdated" else "right"
    if not quoted:
        return "near"
    (a, b), c, d = span, found.start or 0, found.end or 0
    return "right" if 2 * (min(b, d) - max(a, c)) >= max(b, d) - min(a, c) else "wrong"


def _verdicts(
    comments: Mapping[int, Comment], old: Edition, new: Edition, renames: dict[str, str]
) -> Iterator[tuple[Comment, str, Placement]]:
    """Yield what each comment of `old` became in `new`."""
    origins = {n: old.origin(comment, 1) for n, comment in comments.items()}
    for n, found in place_all(origins, {1: old.blocks}, new.blocks, renames).items():
        yield comments[n], judge(new.find(comments[n]), found, origins[n].exact), found


def _name(comment: Comment, revision: Revision, block: Block) -> str:
    """Return the row of the table that a comment counts in."""
    fate = comment.fate.removeprefix("table: ").removeprefix("diagram: ")
    keys = {chapter.key for chapter in revision.new}
    if fate == "unchanged" and block.section not in keys:
        fate = "section renamed"
    return f"{comment.kind}: {fate}"


def run(seed: int, documents: int = DOCUMENTS) -> tuple[Table, list[str]]:
    """Return the table of all kinds of changes, and which unchanged comments were not exact."""
    table: Table = defaultdict(Counter)
    missed: list[str] = []
    said, drawn = sentences(), renderer.is_installed()
    for n in range(documents):
        author = Author(random.Random(f"{seed}-{n}"), said, drawn)
        revision = revise(author, author.document())
        old, new = Edition(revision.old), Edition(revision.new)
        comments = dict(enumerate(revision.comments))
        for comment, verdict, found in _verdicts(comments, old, new, revision.renames):
            truth = old.find(comment)
            name = _name(comment, revision, truth[0]) if truth else comment.kind
            table[name][verdict] += 1
            if name.endswith(": unchanged") and (verdict, found.state) != ("right", "exact"):
                missed.append(f"{name}: {verdict} {found}")
    return table, missed


def chain(seed: int, chains: int = CHAINS) -> tuple[Counter[str], list[str]]:
    """Return how comments of the first version fare in the fourth, and who did not come back."""
    counts: Counter[str] = Counter()
    missed: list[str] = []
    for n in range(chains):
        author = Author(random.Random(f"chain-{seed}-{n}"), sentences(), drawn=False)
        first = revise(author, author.document(), copies=False)
        second = revise(author, first.new, copies=False)
        third = revise(author, second.new, copies=False)
        whole = [Edition(doc) for doc in (first.old, second.old, third.old, third.new)]
        renames = _through(first.renames, second.renames, third.renames)
        comments = dict(enumerate(first.comments))
        for _, verdict, _ in _verdicts(comments, whole[0], whole[3], renames):
            counts[verdict] += 1
        missed += _returns(comments, whole[0], whole[2])
    return counts, missed


def _through(*steps: dict[str, str]) -> dict[str, str]:
    """Return where each section key leads after all steps."""
    keys = {key for step in steps for key in step}
    found = {}
    for key in keys:
        at = key
        for step in steps:
            at = step.get(at, at)
        found[key] = at
    return found


def _returns(comments: dict[int, Comment], first: Edition, without: Edition) -> list[str]:
    """Return the comments that are not exact when the first version comes back after another."""
    origins = {n: first.origin(comment, 1) for n, comment in comments.items()}
    gone = place_all(origins, {1: first.blocks}, without.blocks)
    back = place_all(origins, {1: first.blocks}, first.blocks)
    found = {n: better(back[n], gone[n]) for n in origins}
    return [f"back: {comments[n]} {p}" for n, p in found.items() if p.state != "exact"]
