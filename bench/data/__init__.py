"""Filling a database for load tests: many plans and comments as the app itself would store them.

The same seed makes the same content; only its times are up to the present. All of it is one
transaction.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sqlalchemy import select

from bench.data import journal, plans
from bench.data.documents import Stock
from bench.data.rows import COLUMNS, NOTICES, TURNS, People, Rows
from bench.data.store import Store, analyse
from bench.data.words import RARE_PLANS, Vocabulary
from planpush.accounts.permissions import holders
from planpush.accounts.user import User
from planpush.database.session import db, now
from planpush.errors import Problem

BATCH = 2_000
_NUMBERED = ("plans", "versions", "sections", "threads", "origins", "comments", "sign_offs")
_TABLES = (*COLUMNS, "events", "turns", "notices")
_USER = ("id", "email", "name", "roles", "granted_roles")
_ROLES = (("admin", 100, 1), ("project_manager", 25, 2), ("qa", 5, 3))
Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is made; the same `seed` makes the same."""

    plans: int = 100_000
    comments: int = 1_000_000
    people: int = 500
    seed: int = 1


def fill(sizes: Sizes, *, consent: bool = False, tell: Tell = print) -> None:
    """Fill the database. Raises `Problem` if it has plans already, unless there is `consent`."""
    begun = time.monotonic()

    def told(done: str) -> None:
        tell(f"{time.monotonic() - begun:6.1f} s  {done}")

    with db.engine.begin() as connection:
        store = Store(connection)
        if store.last_id("plans") and not consent:
            raise Problem(
                "there are plans in this database. Name an empty one with DATABASE_URL or "
                "DATA_DIR, or say --yes to add to what is there"
            )
        with store.unindexed(_TABLES):
            _fill(store, sizes, told)
            told("Making the indexes …")
        store.settle_ids(("users", *_NUMBERED, "events", "notices"))
        told("Keeping all of it …")
    analyse()
    told("Done.")


def _fill(store: Store, sizes: Sizes, told: Tell) -> None:
    rng = Random(sizes.seed)
    people = _people(store, sizes.people)
    stock = Stock(rng, Vocabulary(rng), words=store.postgres)
    last = {name: store.last_id(name) for name in _NUMBERED}
    rows = Rows(people, stock, last, rng, int(now().timestamp()))
    rare = dict.fromkeys(rng.sample(range(sizes.plans), min(RARE_PLANS, sizes.plans)), 0)
    rare = {place: n % 3 for n, place in enumerate(rare)}
    counts = _spread(rng, sizes)
    for n, comments in enumerate(counts):
        part = rare.get(n)
        plans.make(rows, n / sizes.plans, comments, part if comments or part != 2 else 0)
        if (n + 1) % BATCH == 0 or n + 1 == sizes.plans:
            for name, columns in COLUMNS.items():
                store.put(name, columns, rows.of[name])
                rows.of[name].clear()
            if (n + 1) % (5 * BATCH) == 0 or n + 1 == sizes.plans:
                told(f"{n + 1:,} plans, {last['comments']:,} comments")
    _events(store, rows)
    told(f"{len(rows.journal.at):,} events")


def _spread(rng: Random, sizes: Sizes) -> list[int]:
    """Return how many comments each plan gets: few have many, some have none."""
    weights = [rng.paretovariate(1.3) - 1 for _ in range(sizes.plans)]
    total = sum(min(weight, 20) for weight in weights)
    counts = [int(sizes.comments * min(weight, 20) / total) for weight in weights]
    for place in range(sizes.comments - sum(counts)):
        counts[place % len(counts)] += 1
    return counts


def _people(store: Store, count: int) -> People:
    """Make people, or find those of an earlier run."""
    query = select(User.email, User.id).where(User.email.startswith("person-"))
    known = {row.email: row.id for row in store.connection.execute(query)}
    wanted = {f"person-{n}@example.com": _role(n) for n in range(1, count + 1)}
    after, managers = store.last_id("users"), set(holders("plans.see_all"))
    rows = []
    for n, (email, role) in enumerate(wanted.items(), 1):
        if email not in known:
            after += 1
            known[email] = after
            rows.append((after, email, f"Person {n}", *2 * (json.dumps([role]),)))
    store.put("users", _USER, rows)
    ids = [known[email] for email in wanted]
    leading = [known[email] for email, role in wanted.items() if role in managers]
    return People(ids, leading, {user: email for email, user in known.items()})


def _role(number: int) -> str:
    """Return the role of the n-th person: 1 of 100 is an admin, 4 manage projects, 20 test."""
    for role, every, place in _ROLES:
        if number % every == place:
            return role
    return "developer"


def _events(store: Store, rows: Rows) -> None:
    """Number the events in order of time, then store them and what names them."""
    order, ids = rows.journal.number(store.last_id("events"))
    for start in range(0, len(order), 100_000):
        part = order[start : start + 100_000]
        store.put("events", journal.COLUMNS, list(rows.journal.rows(part, ids)))
    at = TURNS.index("event_id")
    store.put("turns", TURNS, [(*row[:at], ids[row[at]], *row[at + 1 :]) for row in rows.turns])
    at = NOTICES.index("event_id")
    told = [(*row[:at], ids[row[at]], *row[at + 1 :]) for row in rows.notices]
    store.put("notices", NOTICES, told)
