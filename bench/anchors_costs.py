"""What placing threads costs, in processor time: the best of three runs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from html import escape

from bench.anchors_documents import Author, sentences
from planpush.document.anchoring.reanchor import place_all
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.blocks import Block
from planpush.document.sections import build

EDITED, DROPPED = 0.1, 0.03


def seconds(work: Callable[[], object]) -> float:
    """Return the least processor time of three runs."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def many_blocks() -> float:
    """Return how long 200 threads take in a document of 850 blocks."""
    old, new = _texts(850)
    before, after = _blocks([_section(old, 0)]), _blocks([_section(new, 0)])
    origins = _threads(before, 200)
    return seconds(lambda: place_all(origins, {1: before}, after))


def megabyte(size: int = 1_000_000, count: int = 500) -> tuple[float, float]:
    """Return how long so many threads take in a document, and how long parsing both sides takes."""
    olds: list[str] = []
    news: list[str] = []
    while sum(map(len, olds)) < size:
        old, new = _texts(150)
        olds.append(_section(old, len(olds)))
        news.append(_section(new, len(news)))
    before, after = _blocks(olds), _blocks(news)
    origins = _threads(before, count)
    placing = seconds(lambda: place_all(origins, {1: before}, after))
    return placing, seconds(lambda: (_blocks(olds), _blocks(news)))


_author = Author(random.Random(1), sentences(), drawn=False)


def _texts(count: int) -> tuple[list[str], list[str]]:
    """Return paragraphs, and the same with some edited and some taken away."""
    chance = _author.chance
    old = [f"{_author.sentence()} {_author.sentence()}" for _ in range(count)]
    new = []
    for text in old:
        words = text.split()
        if chance.random() < EDITED:
            words[chance.randrange(len(words))] = chance.choice(_author.all)
        if chance.random() >= DROPPED:
            new.append(" ".join(words))
    return old, new


def _section(texts: list[str], number: int) -> str:
    inner = "".join(f"<p>{escape(text)}</p>" for text in texts)
    return f'<section class="pp-section" data-anchor="part-{number}"><h2>Part</h2>{inner}</section>'


def _blocks(sections: list[str]) -> list[Block]:
    """Parse the sections of a version."""
    return [block for n, html in enumerate(sections) for block in build(f"part-{n}", html).blocks]


def _threads(blocks: list[Block], count: int) -> dict[int, Origin]:
    """Return comments on some words of blocks all over a document."""
    leaves = [block for block in blocks if len(block.text) > 60]
    step = len(leaves) / count
    found = {}
    for n in range(count):
        block = leaves[int(n * step)]
        at = _author.chance.randrange(len(block.text) - 40)
        start = block.text.index(" ", at) + 1 if " " in block.text[at:-20] else 0
        quote = block.text[start : start + 30].strip()
        end = start + len(quote)
        found[n] = locate(blocks, 1, Place(block.section, block.key, quote, start=start, end=end))
    return found
