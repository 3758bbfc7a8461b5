"""How costs grow with what there is: the curves of `bench.growth`, each with its slope.

A slope is the exponent of growth: with 0 a cost is constant, with 1 it is twice for twice as much.
Costs are processor time, the median of several; each curve is measured on data of its own.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import requests
from sqlalchemy import select

from bench import dashboard_stage, live, planted
from bench.dashboard_stage import SQLITE, Person, Stage
from bench.push import large
from bench.served import Served
from bench.table import Row, Table, is_smoke
from bench.writers_crowd import Crowd, Posted, Town
from planpush.comments.thread import Thread
from planpush.database.session import commit, db
from planpush.filling import Sizes
from planpush.plans.plan import Plan
from planpush.versions.push import push_version
from planpush.versions.request import Push
from tests.people import person

TIMES = 9
PAGES = ("/dashboard", "/dashboard?q=queue")
CONSTANT, LINEAR = 0.15, 1.1
Work = Callable[[], object]


@dataclass
class Curve:
    """What something costs, in milliseconds of the processor, by how much there is."""

    axis: str
    what: str
    points: dict[int, float] = field(default_factory=dict)

    @property
    def slope(self) -> float:
        """Return the exponent of the power of `axis` that fits the points best; nothing is one."""
        xs = [math.log(max(1, size)) for size in self.points]
        ys = [math.log(cost) for cost in self.points.values()]
        middle, height = sum(xs) / len(xs), sum(ys) / len(ys)
        rise = sum((x - middle) * (y - height) for x, y in zip(xs, ys, strict=True))
        return rise / sum((x - middle) ** 2 for x in xs)

    def row(self) -> Row:
        """Return it as a row: the cost of the most beside that of the least."""
        sizes, costs = list(self.points), list(self.points.values())
        name = f"{self.axis} {sizes[0]:,} → {sizes[-1]:,}: {self.what}"
        told = {"ceiling": f"{self.axis} {sizes[0]:,}", "unit": named(self.slope)}
        return Row(
            "growth", name, round(self.slope, 2), cpu=costs[-1], ceiling_cpu=costs[0], **told
        )


def named(slope: float) -> str:
    """Return a slope in words."""
    if abs(slope) < CONSTANT:
        return "constant"
    if slope < 0:
        return "falling"
    return "above linear" if slope > LINEAR else "linear" if slope > 0.9 else "below linear"


def cost(work: Work, times: int = TIMES) -> float:
    """Return the milliseconds of this process's time that some work takes, once it is warm."""
    found = []
    for _ in range(1 + (2 if is_smoke() else times)):
        begun = time.process_time()
        work()
        found.append(1000 * (time.process_time() - begun))
    return median(found[1:])


def few(*sizes: int) -> Sequence[int]:
    """Return how much there is at each point; in a smoke run two small ones."""
    least = max(1, sizes[0] // 5)
    return (least, 2 * least) if is_smoke() else sizes


def measured(table: Table, most_plans: int) -> None:
    """Add a row for each curve, as it is known."""
    for curves in (plans(most_plans), comments(), versions(), sizes(), tabs(), writers()):
        for curve in curves:
            table.add(curve.row())


def plans(most: int) -> Iterator[Curve]:
    """All plans there are: the dashboard, and a search. `bench.dashboard` keeps them, too."""
    found = _named("plans", "the dashboard", "a search")
    kept = [int(path.stem.split("-")[1]) for path in dashboard_stage.FOLDER.glob("plans-*.db")]
    for count in [100, 300] if is_smoke() else [1_000, 10_000, 100_000]:
        if count > most and count not in kept:
            continue
        with closing(Stage(SQLITE, Sizes(count, 10 * count, max(5, count // 200)))) as stage:
            somebody = stage.people["developer"]
            for curve, path in zip(found.values(), PAGES, strict=True):
                asked = partial(somebody.ask, somebody.environ(path))
                curve.points[count] = cost(asked, 3 * TIMES)
    yield from found.values()


class Desk:
    """A server's app in this process, with the cast of the tests, and alice at her browser."""

    def __init__(self, folder: str) -> None:
        self.served = Served(Path(folder))
        self.app = self.served.app
        self.alice = Person(self.app, "alice@example.com")
        self.agent = self.served.bearer()

    def looks(self, path: str) -> Work:
        """Return a look at a page."""
        environ = self.alice.environ(path)
        return lambda: self.alice.ask(environ)

    def pushes(self, body: Callable[[], Mapping[str, Any]]) -> Work:
        """Return a push of what `body` returns each time."""
        client = self.app.test_client()

        def push() -> None:
            answer = client.post("/api/push", json=body(), headers=self.agent)
            assert answer.status_code == 201, answer.text

        return push

    def replies(self, slug: str) -> Work:
        """Return a reply in a plan's first thread."""
        first = select(Thread.id).join(Plan).where(Plan.slug == slug).limit(1)
        thread = self.served.act(lambda: db.session.scalar(first))
        client, path = self.app.test_client(), f"/api/threads/{thread}/comments"

        def reply() -> None:
            answer = client.post(path, json={"body": "So be it."}, headers=self.agent)
            assert answer.status_code == 201, answer.text

        return reply


def comments() -> Iterator[Curve]:
    """All comments on one plan, ten in a thread: its page, its panel, one comment more."""
    with tempfile.TemporaryDirectory() as folder:
        desk, found = Desk(folder), _named("comments", "the plan's page", "its panel", "a reply")
        for count in few(10, 100, 1_000, 4_900):  # a plan takes 5,000
            slug, threads = f"talk-{count}", max(1, count // 10)
            desk.served.act(lambda slug=slug: planted.plant(slug, planted.parts()))
            desk.served.act(lambda s=slug, n=threads: planted.discuss(s, n, comments=10))
            found["the plan's page"].points[count] = cost(desk.looks(f"/p/{slug}"))
            found["its panel"].points[count] = cost(desk.looks(f"/p/{slug}/threads"), 5)
            found["a reply"].points[count] = cost(desk.replies(slug))
        yield from found.values()


def versions() -> Iterator[Curve]:
    """All versions of one plan: its page, its first version's document, and one push more."""
    with tempfile.TemporaryDirectory() as folder:
        desk, made = Desk(folder), 1
        found = _named("versions", "the plan's page", "a push of one section")
        desk.served.act(lambda: planted.plant("grown", planted.parts()))
        for count in few(5, 50, 500):
            made = desk.served.act(lambda made=made, count=count: _grown(made, count))
            found["the plan's page"].points[count] = cost(desk.looks("/p/grown"))
            numbers = iter(range(made, made + 100))
            push = desk.pushes(lambda numbers=numbers: _edition(next(numbers)))
            found["a push of one section"].points[count] = cost(push, 5)
            made = next(numbers)
        yield from found.values()


def _grown(made: int, count: int) -> int:
    plan = Plan.find("grown", person("alice"))
    for base in range(made, count):
        told = Push(planted.parts(edition=base), base_version=base)
        push_version(plan, told, by=person("alice"))
        commit()
    return max(made, count)


def _edition(base: int) -> dict[str, Any]:
    parts = planted.parts(edition=base)
    sections = [{"anchor": one.anchor, "html": one.html} for one in parts]
    return {"plan": "grown", "base_version": base, "sections": sections}


def sizes() -> Iterator[Curve]:
    """All bytes of a document: a push of it, and its page."""
    with tempfile.TemporaryDirectory() as folder:
        desk, found = Desk(folder), _named("bytes", "a push", "the plan's page")
        for size in few(60_000, 300_000, 1_200_000, 5_000_000):
            sections, slug = large(size), f"large-{size}"
            body = {"title": "Large", "slug": slug, "visibility": "published"}
            push = desk.pushes(lambda body=body, sections=sections: body | {"sections": sections})
            found["a push"].points[size] = cost(push, 3)
            found["the plan's page"].points[size] = cost(desk.looks(f"/p/{slug}"), 3)
        yield from found.values()


def tabs() -> Iterator[Curve]:
    """All open pages: the dashboard beside them, of one worker, in which all of them are open."""
    counts = [0, *few(20, 200, 2_000)]
    with tempfile.TemporaryDirectory() as folder:
        served = live.Served(Path(folder), 1, -(-counts[-1] // live.EACH))
        with served.running() as master:
            yield asyncio.run(_beside(served, live.family(master), counts))


async def _beside(served: live.Served, workers: list[int], counts: Sequence[int]) -> Curve:
    curve, tasks = Curve("open tabs", "the dashboard"), list[asyncio.Task[None]]()
    cookies = [await asyncio.to_thread(served.cookie, link) for link in served.links]
    await asyncio.to_thread(_dashboards, served, cookies[0], 20)
    for count in counts:
        streams = [live.Stream() for _ in range(count - len(tasks))]
        tasks += [
            asyncio.create_task(one.follow(served.port, cookies[n // live.EACH + 1], 0))
            for n, one in enumerate(streams, len(tasks))
        ]
        await asyncio.wait_for(asyncio.gather(*(one.joined.wait() for one in streams)), 120)
        await asyncio.sleep(1)
        each = 5 if is_smoke() else 150
        begun = live.processor_seconds(workers)
        await asyncio.to_thread(_dashboards, served, cookies[0], each)
        curve.points[count] = max(0.01, 1000 * (live.processor_seconds(workers) - begun) / each)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return curve


def _dashboards(served: live.Served, cookie: str, count: int) -> None:
    with requests.Session() as http:
        for _ in range(count):
            http.get(f"{served.base}/dashboard", headers={"Cookie": cookie}, timeout=60)


def writers() -> Iterator[Curve]:
    """All who write at once: a comment of one of them, by two processes."""
    curve = Curve("writers", "a comment")
    with tempfile.TemporaryDirectory() as folder:
        served = Served(Path(folder), workers=2)
        town = Town(served, plans=4 if is_smoke() else 16, threads=2 if is_smoke() else 40)
        with served.running():
            for count in few(1, 4, 16, 32):
                each = 1 if is_smoke() else max(10, 160 // count)
                rounds = (Crowd(town, count).run(each) for _ in range(1 if is_smoke() else 3))
                curve.points[count] = Posted.of(rounds).each
    yield curve


def _named(axis: str, *names: str) -> dict[str, Curve]:
    return {name: Curve(axis, name) for name in names}
