"""Ten power cuts in the middle of work: what was answered is there, and nothing is half there."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from planpush.database.session import db
from tests.system.serving import Server, Visitor

CUTS = 10
NOTHING_HALF = {
    "a version that lacks sections": """
        SELECT v.id FROM versions v LEFT JOIN version_sections s ON s.version_id = v.id
        GROUP BY v.id HAVING COUNT(s.section_id) <> 3""",
    "a plan without its newest version": """
        SELECT p.id FROM plans p WHERE p.newest = 0 OR p.newest <>
        (SELECT COUNT(*) FROM versions v WHERE v.plan_id = p.id)""",
    "a thread without a comment": """
        SELECT id FROM threads WHERE id NOT IN (SELECT thread_id FROM comments)""",
    "a thread without an origin": """
        SELECT id FROM threads WHERE id NOT IN (SELECT thread_id FROM origins)""",
    "a thread without a place on some version since it was opened": """
        SELECT t.id FROM threads t JOIN versions v ON v.plan_id = t.plan_id
        AND v.number >= t.opened_on LEFT JOIN placements p
        ON p.thread_id = t.id AND p.version = v.number WHERE p.thread_id IS NULL""",
    "a wrong number of open threads": """
        SELECT p.id FROM plans p WHERE p.open_threads <>
        (SELECT COUNT(*) FROM threads t WHERE t.plan_id = p.id AND t.state = 'open')""",
    "a wrong number of comments": """
        SELECT p.id FROM plans p WHERE p.comment_count <> (SELECT COUNT(*) FROM comments c
        JOIN threads t ON t.id = c.thread_id WHERE t.plan_id = p.id AND c.deleted_at IS NULL)""",
}


@dataclass
class Written:
    """What the server said it has."""

    versions: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    comments: set[tuple[str, str]] = field(default_factory=set)


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, WORKER="off")  # it has nothing to do here, and would start ten times
    yield server
    server.close()


@pytest.mark.long
def test_what_was_answered_survives_ten_power_cuts(fragile: Server) -> None:
    fragile.start()
    written = Written()
    slugs = [push(fragile, written, f"plan-{n}", None, "first") for n in range(2)]
    with requests.Session() as bob:
        visitor = Visitor(fragile, "bob", bob)
        for round_number in range(CUTS):
            work_until_cut(fragile, written, slugs, visitor)
            fragile.start()
            assert_all_there(fragile, written)
            assert_nothing_half(fragile)
            assert len(written.versions) > round_number
    assert len(written.versions) > CUTS
    assert len(written.comments) > CUTS


def work_until_cut(server: Server, written: Written, slugs: list[str], who: Visitor) -> None:
    """Push to both plans and comment on them at once, until the processes are gone."""

    def pushing(slug: str) -> None:
        base = server.api("alice", "GET", f"/api/plans/{slug}").json()["version"]
        while True:
            push(server, written, slug, base, f"{slug} {random.random()}")
            base += 1

    def commenting(slug: str) -> None:
        while True:
            body = f"said {random.random()}"
            if who.post(f"/p/{slug}/threads", body=body, anchor="one").status_code == 303:
                written.comments.add((slug, body))

    workers = [started(work, slug) for slug in slugs for work in (pushing, commenting)]
    wait_for_answers(written)
    time.sleep(random.uniform(0, 0.6))
    server.kill()
    for worker in workers:
        worker.join(60)
        assert not worker.is_alive()


def wait_for_answers(written: Written) -> None:
    """Wait for one more push and one more comment: a busy machine is cut later than a quick one."""
    versions, comments = len(written.versions), len(written.comments)
    deadline = time.monotonic() + 60
    while len(written.versions) == versions or len(written.comments) == comments:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def started(work: Callable[[str], None], slug: str) -> threading.Thread:
    """Run `work` until its connection breaks."""

    def run() -> None:
        try:
            work(slug)
        except requests.RequestException:
            return  # the cut: nothing was answered, so nothing is promised

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def push(server: Server, written: Written, slug: str, base: int | None, word: str) -> str:
    """Push three sections, two of them new; note the hashes once the server has answered."""
    texts = [f"<section><h2>{n}</h2><p>{word} {n}</p></section>" for n in ("one", "two")]
    texts.append("<section><h2>three</h2><p>Always the same.</p></section>")
    sections = [
        {"anchor": anchor, "html": html}
        for anchor, html in zip(("one", "two", "three"), texts, strict=True)
    ]
    body: dict[str, Any] = {"sections": sections, "visibility": "published"}
    body |= {"plan": slug, "base_version": base} if base else {"slug": slug, "title": slug}
    answer = server.api("alice", "POST", "/api/push", json=body)
    assert answer.status_code == 201, answer.text
    hashes = [hashlib.sha256(html.encode()).hexdigest() for html in texts]
    written.versions[(answer.json()["plan"], answer.json()["version"])] = hashes
    return str(answer.json()["plan"])


def assert_all_there(server: Server, written: Written) -> None:
    """Every write that was answered is there, whole: the newest versions and all comments."""
    for slug in {slug for slug, _ in written.versions}:
        numbers = sorted(number for name, number in written.versions if name == slug)
        for number in numbers[-5:]:
            outline = server.api("alice", "GET", f"/api/plans/{slug}/outline?v={number}").json()
            found = [section["sha256"] for section in outline["sections"]]
            assert found == written.versions[(slug, number)], (slug, number)
        text = server.api("alice", "GET", f"/api/plans/{slug}/document?v={numbers[-1]}").text
        assert text.count("<h2") == 3
        bodies = {comment["body"] for t in server.threads(slug) for comment in t["comments"]}
        lost = {body for name, body in written.comments if name == slug} - bodies
        assert lost == set()


def assert_nothing_half(server: Server) -> None:
    """The database itself holds no half of anything."""
    with server.app.app_context():
        # A connection from before the cut: FTS5 would check what it remembers, not what is there.
        db.engine.dispose()
    with server.app.app_context(), db.engine.connect() as connection:
        for what, query in NOTHING_HALF.items():
            assert connection.execute(sa.text(query)).all() == [], what
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
