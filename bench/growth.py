"""How much the database grows by a push: `python -m bench growth`.

Pushes twelve sections of 8 KB, then changes one of them in each of 24 pushes. Each push may add
15 % of the compressed document: to the rows, and to the file with its indexes after the worker has
merged the search index.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.harness import POSTGRES, Table, engines, is_smoke, options
from planpush.accounts.tokens import Token
from planpush.accounts.user import User
from planpush.dashboard.search_index import tidy_words
from planpush.database.session import commit, db
from planpush.operations.migrations import migrate
from planpush.plans.plan import Plan
from planpush.plans.section import Section
from tests.conftest import make_app
from tests.haste import own_database

SAMPLES = Path(__file__).parents[1] / "planpush" / "samples"
SECTIONS, SIZE, PUSHES, GATE = 12, 8_000, 24, 0.15
AUTHOR = "growth@example.com"
Sizes = dict[str, int]


def sentences() -> list[str]:
    """Return what the sample documents say, each sentence once."""
    pages = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.rglob("*.html"))]
    runs = [unescape(run).strip() for page in pages for run in re.findall(r">([^<>]+)<", page)]
    return list(dict.fromkeys(run for run in runs if len(run) > 24))


def section(number: int, edition: int, size: int = SIZE) -> str:
    """Return a section of prose, a list and a table; an edition differs in a row."""
    said = sentences()
    random.Random(number).shuffle(said)
    words = iter([escape(one) for one in said] * 3)
    parts = [f'<section class="pp-section" data-anchor="part-{number}"><h2>Part {number}</h2>']
    while sum(map(len, parts)) < size:
        parts.append(f"<p>{' '.join(next(words) for _ in range(4))}</p>")
        parts.append("<ul>" + "".join(f"<li>{next(words)}</li>" for _ in range(4)) + "</ul>")
        rows = [f"<tr><td><code>field_{n}</code></td><td>{next(words)}</td></tr>" for n in range(4)]
        head = '<tr><th scope="col">Field</th><th scope="col">Meaning</th></tr>'
        parts.append(f'<table class="pp-table">{head}{"".join(rows)}</table>')
    last = escape(said[-1 - edition % len(said)])
    return "".join([*parts, f"<p>Edition {edition}: {last}</p></section>"])


@dataclass
class Growth:
    """What the pushes of one changed section added."""

    document: int
    requests: list[int] = field(default_factory=list)
    rows: Sizes = field(default_factory=dict)
    file: int = 0

    @property
    def by_rows(self) -> float:
        """The bytes of all new rows of one push, as a part of the compressed document."""
        return sum(self.rows.values()) / len(self.requests) / self.document

    @property
    def by_file(self) -> float:
        """The growth of the database on disk, indexes and pages included."""
        return self.file / len(self.requests) / self.document


@contextmanager
def deployment(url: str, folder: Path) -> Iterator[Any]:
    """Yield a client that is signed in as an agent, on a migrated database."""
    app = make_app(url, folder)
    with app.app_context():
        migrate()
        User.add(AUTHOR, name="Growth", roles=["developer"])
        commit()
        secret = Token.issue(User.by_email(AUTHOR), name="growth")
        commit()
        db.session.remove()
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    yield client
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def grow(client: Any, pushes: int = PUSHES) -> Growth:
    """Push a document, then one changed section at a time; return what that added."""
    whole = [{"anchor": f"part-{n}", "html": section(n, 0)} for n in range(SECTIONS)]
    plan = _push(client, {"title": "Growth", "sections": whole})["plan"]
    with client.application.app_context():
        tidy_words()
        before, file, grown = row_sizes(), file_size(), Growth(document_size())
    for number in range(1, pushes + 1):
        changed = number % SECTIONS
        parts = [{"anchor": part["anchor"]} for part in whole]
        parts[changed] = {"anchor": f"part-{changed}", "html": section(changed, number)}
        body = {"plan": plan, "base_version": number, "message": "One part", "sections": parts}
        counts = _push(client, body)["sections"]
        if (counts["sent"], counts["changed"], counts["unchanged"]) != (1, 1, SECTIONS - 1):
            raise SystemExit(f"the push changed {counts}")
        grown.requests.append(len(json.dumps(body)))
    with client.application.app_context():
        tidy_words()  # as the worker does every ten minutes
        after, grown.file = row_sizes(), file_size() - file
    grown.rows = {name: size - before[name] for name, size in after.items() if size > before[name]}
    return grown


def _push(client: Any, body: dict[str, Any]) -> Any:
    answer = client.post("/api/push", json=body)
    if answer.status_code != 201:
        raise SystemExit(answer.text)
    return answer.json


def document_size() -> int:
    """Return the bytes of the newest plan's compressed sections; it has one version."""
    size = sa.func.sum(sa.func.length(Section.html))
    newest = sa.select(sa.func.max(Plan.id)).scalar_subquery()
    return int(db.session.scalar(sa.select(size).where(Section.plan_id == newest)) or 0)


def row_sizes() -> Sizes:
    """Return the bytes of all values of each table."""
    sizes = {}
    for table in db.metadata.sorted_tables:
        if db.engine.dialect.name == "postgresql":
            size = sa.text(f"SELECT coalesce(sum(pg_column_size(t.*)), 0) FROM {table.name} t")
            sizes[table.name] = int(db.session.scalar(size) or 0)
        else:
            names = [f'coalesce(length(CAST("{column.name}" AS BLOB)), 0)' for column in table.c]
            size = sa.text(f'SELECT coalesce(sum({"+".join(names)}), 0) FROM "{table.name}"')
            sizes[table.name] = int(db.session.scalar(size) or 0)
    return sizes


def file_size() -> int:
    """Return the bytes of the database on disk."""
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        # What is replaced in `passages` is taken up by autovacuum, which does not come within this
        # minute; its rows are counted with all others.
        names = [one.name for one in db.metadata.sorted_tables if one.name != "passages"]
        asked = [sa.text(f"SELECT pg_total_relation_size('{name}')") for name in names]
        return sum(int(db.session.scalar(query) or 0) for query in asked)
    # Pages that stand in the write-ahead log only are counted, too, but not those that are free:
    # merging the index of words leaves some, which the next push takes.
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (int(db.session.scalar(sa.text(f"PRAGMA {name}")) or 0) for name in names)
    return (pages - free) * size


def measure(table: Table, engine: str, client: Any) -> None:
    """Print what a push adds."""
    grown = grow(client, 2 if is_smoke() else PUSHES)
    for what, share in (("rows", grown.by_rows), ("on disk", grown.by_file)):
        name = f"1 of {SECTIONS} sections changed, {what}"
        table.add(name, 100 * share, 100 * GATE, unit="%", engine=engine)


def main(given: Sequence[str] | None = None) -> int:
    """Measure each engine; return 1 if a goal is missed."""
    options(__doc__).parse_args(given)
    table = Table()
    for engine in engines():
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/growth.db"
            if engine == POSTGRES:
                server, name = os.environ["PLANPUSH_TEST_POSTGRES"], f"planpush_bench_{os.getpid()}"
                url = own_database(server, name)
            with deployment(url, Path(folder)) as client:
                measure(table, engine, client)
    return table.close()


if __name__ == "__main__":
    sys.exit(main())
