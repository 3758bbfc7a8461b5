"""A backup while people push and comment: one moment, with all that was answered before it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from bench.data import Sizes, fill
from planpush.database.session import db
from planpush.operations.backup import Reader
from tests import launching
from tests.conftest import make_app
from tests.system.serving import Server, Visitor
from tests.system.test_durability import NOTHING_HALF, Written, push, started

HAS = """
SELECT p.slug, v.number, s.sha256 FROM plans p JOIN versions v ON v.plan_id = p.id
JOIN version_sections vs ON vs.version_id = v.id JOIN sections s ON s.id = vs.section_id
WHERE p.slug LIKE 'storm-%' ORDER BY p.slug, v.number, vs.position"""
SAID = "SELECT p.slug, c.body FROM plans p JOIN comments c ON c.plan_id = p.id"
BACKUPS = 2


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path, WORKER="off")
    with made.app.app_context():
        fill(Sizes(plans=100, comments=1_000, people=5), tell=lambda line: None)
        db.session.remove()
    made.start().api("alice", "GET", "/api/plans")  # the token, before threads share it
    yield made
    made.close()


def run(server: Server, *words: str, **env: str) -> None:
    with (server.folder / "command.log").open("ab") as log:
        code = launching.start(*words, env=server.env | env, out=log).wait(300)
    assert code == 0, (server.folder / "command.log").read_text()


@pytest.mark.long
def test_a_backup_in_a_storm_is_one_moment(server: Server, tmp_path: Path) -> None:
    written, answered = Written(), []
    with requests.Session() as bob:
        storm = [*storming(server, written, Visitor(server, "bob", bob))]
        wait_for_more(written, 3)
        for n in range(BACKUPS):
            answered.append(Written(dict(written.versions), set(written.comments)))
            run(server, "backup", str(tmp_path / f"{n}"), "--quiet")
            wait_for_more(written, 1)
        server.kill()
        for thread in storm:
            thread.join(60)
    for n, before in enumerate(answered):
        url = f"sqlite:///{tmp_path / f'restored-{n}.db'}"
        run(server, "restore", str(tmp_path / f"{n}"), "--quiet", DATABASE_URL=url)
        assert_one_moment(url, tmp_path, before)
    sizes = [Reader(tmp_path / f"{n}").head.tables["versions"] for n in range(BACKUPS)]
    assert sizes == sorted(set(sizes))  # the storm went on


def storming(server: Server, written: Written, who: Visitor) -> Iterator[Any]:
    def pushing(slug: str) -> None:
        base = None
        while True:
            push(server, written, slug, base, f"{slug} {time.monotonic()}")
            base = (base or 0) + 1

    def commenting(slug: str) -> None:
        while True:
            body = f"said {time.monotonic()}"
            if who.post(f"/p/{slug}/threads", body=body, anchor="one").status_code == 303:
                written.comments.add((slug, body))

    for slug in ("storm-1", "storm-2"):
        yield started(pushing, slug)
        yield started(commenting, slug)


def wait_for_more(written: Written, count: int) -> None:
    """Wait for some more answers of each kind."""
    versions, comments = len(written.versions) + count, len(written.comments) + count
    ends = time.monotonic() + 60
    while len(written.versions) < versions or len(written.comments) < comments:
        assert time.monotonic() < ends
        time.sleep(0.02)


def assert_one_moment(url: str, folder: Path, before: Written) -> None:
    """All that was answered before is there, nothing is half there, and counters are counts."""
    restored = make_app(url, folder)
    with restored.app_context(), db.engine.connect() as connection:
        for what, query in NOTHING_HALF.items():
            if "lacks sections" not in what:  # the plans that were there have other numbers of them
                assert connection.execute(sa.text(query)).all() == [], what
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        found: dict[tuple[str, int], list[str]] = {}
        for slug, number, digest in connection.execute(sa.text(HAS)):
            found.setdefault((slug, number), []).append(digest)
        assert {key: found.get(key) for key in before.versions} == before.versions
        assert {len(digests) for digests in found.values()} == {3}
        assert before.comments <= {tuple(row) for row in connection.execute(sa.text(SAID))}
    with restored.app_context():
        db.engine.dispose()
