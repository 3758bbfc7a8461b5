"""Plans for the benches: documents of a given size, with threads, comments and versions."""

from __future__ import annotations

import random
from html import escape

from bench.growth import section, sentences
from planpush.comments.thread import Thread
from planpush.database.session import commit
from planpush.document.anchoring.target import Place
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.versions.push import push_new, push_version
from planpush.versions.request import Push, SectionPush
from tests.people import person

PARTS = 8  # sections of 8 KB: 60 KB
BODY = "A comment takes a sentence or two, as comments do. Number {}."


def parts(count: int = PARTS, *, edition: int = 0) -> list[SectionPush]:
    """Return sections of 8 KB; each edition changes one of them."""
    made = []
    for n in range(count):
        inner = section(n, edition if edition % count == n else 0).partition("</h2>")[2]
        head = f'<section class="pp-section" data-anchor="part-{n}"><h2>Part {n}</h2>'
        made.append(SectionPush(f"part-{n}", f"{head}{inner}"))
    return made


def long_sections(size: int, count: int = 60) -> list[dict[str, str]]:
    """Return sections of long paragraphs: 5 MB have fewer than 30,000 elements."""
    chance, known, found = random.Random(1), sentences(), []
    for n in range(count):
        inner = [f'<section class="pp-section" data-anchor="part-{n}"><h2>Part {n}</h2>']
        while sum(map(len, inner)) < size // count:
            inner.append(f"<p>{escape(' '.join(chance.sample(known, 8)))}</p>")
        found.append({"anchor": f"part-{n}", "html": f"{''.join(inner)}</section>"})
    return found


def plant(slug: str, pushed: list[SectionPush], *, versions: int = 1) -> None:
    """Push a published plan of Alice's with that many versions."""
    first = Push(pushed, title=slug.title(), wish=slug, visibility="published")
    plan = push_new(first, by=person("alice")).plan
    for base in range(1, versions):
        push = Push(parts(len(pushed), edition=base), base_version=base, message=f"Round {base}")
        push_version(plan, push, by=person("alice"))
        commit()
    commit()


def discuss(slug: str, threads: int, *, sections: int = PARTS) -> list[int]:
    """Open threads on the paragraphs of a plan in turn; return their ids."""
    chance, blocks, opened = random.Random(1), _blocks(slug), []
    for number in range(threads):
        plan = Plan.find(slug, person("alice"))
        anchor = f"part-{number % sections}"
        place = Place(anchor, chance.choice(blocks[anchor]))
        by = person(("alice", "bob")[number % 2])
        options = {"on": 1, "shown": 1, "blocking": False, "via": ""}
        thread = Thread.open(plan, place, BODY.format(number), by=by, **options)
        opened.append(thread.id)
        if number % 20 == 0:
            commit()
    commit()
    return opened


def _blocks(slug: str) -> dict[str, list[int]]:
    """Return the keys of the paragraphs of each section."""
    found: dict[str, list[int]] = {}
    for block in Version.of(Plan.find(slug, person("alice"))).blocks():
        if block.key:
            found.setdefault(block.section, []).append(block.key)
    return found
