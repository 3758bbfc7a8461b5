"""What a page of `bench.dashboard` costs: the request, its statements alone, and Jinja alone."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import template_rendered
from werkzeug.test import EnvironBuilder

from bench.dashboard_cases import Case
from bench.dashboard_machine import Machine
from bench.dashboard_stage import FROM_MEMORY, SQLITE, Person, Stage
from planpush.database.session import db

_SLOW = 0.05  # seconds; what takes longer is asked for once a round
_EACH = 5
HTMX = {"HX-Request": "true"}


@dataclass(slots=True)
class Figures:
    """One case for one person on one stage; times in milliseconds. `status` 422: not built."""

    case: Case
    who: str
    stage: Stage
    environ: Any
    status: int = 0
    rows: int = 0
    statements: list[tuple[str, Any]] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)  # of it, what the web process itself took
    jinja: list[float] = field(default_factory=list)
    sql: list[float] = field(default_factory=list)

    def forget(self) -> None:
        """Forget what was measured."""
        for some in (self.cost, self.own, self.jinja, self.sql):
            some.clear()

    @property
    def person(self) -> Person:
        """Return who asks."""
        return self.stage.people[self.who]

    @property
    def queries(self) -> int:
        """Return how many statements the page takes."""
        return len(self.statements)

    def median(self, name: str) -> float:
        """Return the median of a figure."""
        return statistics.median(getattr(self, name))

    @property
    def sql_p99(self) -> float:
        """Return what 99 of 100 times the statements took at most."""
        ordered = sorted(self.sql)
        return ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]

    @property
    def rest(self) -> float:
        """Return what of the web process's work is not Jinja's."""
        return self.median("own") - self.median("jinja")

    @property
    def share(self) -> float:
        """Return how much of the web process's work is Jinja's: the median of the rounds'."""
        return statistics.median(a / b for a, b in zip(self.jinja, self.own, strict=True))

    def against(self, smaller: Figures) -> float:
        """Return the cost as a multiple of that on a smaller stage, there with as many rows.

        Each round has its own multiple, and that in the middle counts: a machine that slows down
        for a while does so for both.
        """
        bases = list(smaller.cost)
        if smaller.rows != self.rows:
            pairs = zip(smaller.cost, smaller.jinja, self.jinja, strict=True)
            bases = [max(cost - less, 0.0) + more for cost, less, more in pairs]
        return statistics.median(a / b for a, b in zip(self.cost, bases, strict=True))


def prepare(case: Case, who: str, stage: Stage) -> Figures:
    """Ask once: what is answered, with which statements. What is cold is warm after it."""
    person = stage.people[who]
    path = case.path(stage)
    if case.page:
        path = path.replace("/dashboard/plans", "/dashboard")
    found = Figures(case, who, stage, person.environ(path, **({} if case.page else HTMX)))
    found.status = person.ask(found.environ)
    if found.status == 200:
        with noted(stage) as statements:
            person.ask(found.environ)
        found.statements = statements
        found.rows = _rendered(found)[1]
    return found


def measure(pairs: Sequence[Sequence[Figures]], rounds: int, machine: Machine) -> None:
    """Measure everything in turn, several rounds, and how quick the machine is meanwhile."""
    for _ in range(rounds):
        gc.collect()
        machine.measure()
        for pair in pairs:
            _measure([one for one in pair if one.status == 200])


def _measure(some: Sequence[Figures]) -> None:
    """Ask a few times; of a round the best counts.

    What is compared takes turns: a machine may be slower for the next tenth of a second.
    """
    slow = any(one.cost and one.cost[-1] > 1000 * _SLOW for one in some)
    taken = {id(one): list[tuple[float, float, float]]() for one in some}
    for _ in range(1 if slow else _EACH):
        for one in some:
            taken[id(one)].append(_asked(one))
    for one in some:
        cost, own, jinja = (min(column) for column in zip(*taken[id(one)], strict=True))
        one.cost.append(cost)
        one.own.append(own)
        one.jinja.append(jinja)
        one.sql += replayed(one, 1 if slow else _EACH)


def _asked(one: Figures) -> tuple[float, float, float]:
    """Ask once; return the milliseconds of all, of the web process, and of Jinja alone."""
    clock = one.stage.clock
    begun, here = clock.now(), time.process_time()
    one.person.ask(one.environ)
    own, cost = time.process_time() - here, clock.now() - begun
    return 1000 * cost, 1000 * own, _rendered(one)[0]


def _rendered(one: Figures) -> tuple[float, int]:
    """Ask, and render the same from memory; return what a view takes that only does that, and rows.

    That is the time of plain Jinja, without stencils, and a view's on the same server that answers
    with the finished text.
    """
    clock, spent, rows = one.stage.clock, 0.0, 0

    def again(_app: Any, template: Any, context: Any, **_rest: Any) -> None:
        nonlocal spent, rows
        plain = one.stage.plain.get_template(template.name)
        begun = clock.now()
        text = plain.render(context)
        spent += 1000 * (clock.now() - begun)
        rows += text.count('id="pp-plan-')
        one.stage.text = text

    with template_rendered.connected_to(again, one.stage.app):
        one.person.ask(one.environ)
    finished = EnvironBuilder(FROM_MEMORY, headers={"Accept-Encoding": "gzip"}).get_environ()
    begun = clock.now()
    one.person.ask(finished)
    return spent + 1000 * (clock.now() - begun), rows


@contextmanager
def noted(stage: Stage) -> Iterator[list[tuple[str, Any]]]:
    """Note the statements that are sent meanwhile."""
    sent: list[tuple[str, Any]] = []

    def note(*call: Any) -> None:
        sent.append((call[2], call[3]))

    with stage.app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)
    sent[:] = [pair for pair in sent if not pair[0].startswith("BEGIN")]


def replayed(one: Figures, times: int) -> list[float]:
    """Return what the page's statements take, sent by the bare driver and read to the end."""
    clock, found = one.stage.clock, []
    with one.stage.app.app_context():
        raw = db.engine.raw_connection()
    try:
        cursor = raw.cursor()
        for _ in range(times):
            begun = clock.now()
            for statement, values in one.statements:
                if statement.lstrip().startswith(("SELECT", "WITH", "EXPLAIN")):
                    cursor.execute(statement, values)
                    cursor.fetchall()
            found.append(1000 * (clock.now() - begun))
        raw.rollback()
    finally:
        raw.close()
    return found


def explained(one: Figures) -> str:
    """Return the slowest statement of a page, and how the database goes about it."""
    with one.stage.app.app_context():
        raw = db.engine.raw_connection()
    cursor, clock, spent = raw.cursor(), one.stage.clock, []
    for statement, values in one.statements:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            begun = clock.now()
            cursor.execute(statement, values)
            rows = cursor.fetchall()
            spent.append((1000 * (clock.now() - begun), len(rows), statement, values))
    ms, count, statement, values = max(spent, key=lambda row: row[0])
    how = "EXPLAIN QUERY PLAN " if one.stage.engine == SQLITE else "EXPLAIN (ANALYZE, BUFFERS) "
    cursor.execute(how + statement, values)
    plan = "\n".join(f"    {row[-1]}" for row in cursor.fetchall())
    raw.rollback()
    raw.close()
    told = " ".join(statement.split())
    return f"  {ms:.1f} ms, {count} rows: {told[:900]}\n    {str(values)[:200]}\n{plan}"
