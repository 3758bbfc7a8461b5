"""Plans for a bench: documents of a size, with threads, comments and versions."""

from __future__ import annotations

import random

from bench.growth import section
from planpush.comments.thread import Thread
from planpush.database.session import commit
from planpush.document.anchoring.target import Place
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.versions.push import push_new, push_version
from planpush.versions.request import Push, SectionPush
from tests.people import person

PARTS = 8  # sections of 8 KB: 60 KB
_SAID = "What is said about it takes a sentence or two, as comments do. Number {}."


def parts(count: int = PARTS, *, times: int = 1, edition: int = 0) -> list[SectionPush]:
    """Return sections of `times` 8 KB; of an edition one differs from the edition before."""
    made = []
    for n in range(count):
        own = edition if edition % count == n else 0
        bodies = [section(n * times + k, own).partition("</h2>")[2] for k in range(times)]
        inner = "".join(body.removesuffix("</section>") for body in bodies)
        head = f'<section class="pp-section" data-anchor="part-{n}"><h2>Part {n}</h2>'
        made.append(SectionPush(f"part-{n}", f"{head}{inner}</section>"))
    return made


def plant(slug: str, pushed: list[SectionPush], *, versions: int = 1) -> None:
    """Push a plan of alice's that everybody sees, in so many versions."""
    plan = push_new(
        Push(pushed, title=slug.title(), wish=slug, visibility="published"), by=person("alice")
    ).plan
    for base in range(1, versions):
        told = Push(parts(len(pushed), edition=base), base_version=base, message=f"Round {base}")
        push_version(plan, told, by=person("alice"))
        commit()
    commit()


def discuss(slug: str, threads: int, *, comments: int = 1, sections: int = PARTS) -> None:
    """Open threads on the paragraphs of a plan in turn, each with so many comments."""
    chance, blocks = random.Random(1), _blocks(slug)
    for number in range(threads):
        plan = Plan.find(slug, person("alice"))
        anchor = f"part-{number % sections}"
        place = Place(anchor, chance.choice(blocks[anchor]))
        by = person(("alice", "bob")[number % 2])
        thread = Thread.open(
            plan, place, _SAID.format(number), by=by, on=1, shown=1, blocking=False, via=""
        )
        for again in range(1, comments):
            thread.comment(_SAID.format(again), by=person("bob"), via="")
        if number % 20 == 0:
            commit()
    commit()


def _blocks(slug: str) -> dict[str, list[int]]:
    """Return the keys of the paragraphs of each section."""
    found: dict[str, list[int]] = {}
    for block in Version.of(Plan.find(slug, person("alice"))).blocks():
        if block.key:
            found.setdefault(block.section, []).append(block.key)
    return found
