"""The test data generator makes a database that the product can serve."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from bench.data import Sizes, fill
from bench.data.__main__ import main
from planpush.accounts.user import User
from planpush.comments.comment import Comment
from planpush.comments.placement import Placement
from planpush.comments.thread import Thread
from planpush.dashboard.search_index import Passage, index_comment, index_missing, index_plan
from planpush.database.session import db
from planpush.document.anchoring import reanchor
from planpush.errors import Problem
from planpush.plans.plan import Plan
from planpush.plans.version import BlockReader
from tests.conftest import fleeting
from tests.keeping import Kept, renewed
from tests.people import Browser

SIZES = Sizes(plans=40, comments=300, people=12, seed=7)


@pytest.fixture(scope="module")
def kept(migrated: str, peopled: Kept, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A filled database, made once for every test here."""

    def make(url: str) -> None:
        with fleeting(url, tmp_path_factory):
            fill(SIZES, tell=lambda line: None)

    return Kept(migrated, tmp_path_factory.mktemp("filled"), make, peopled)


@pytest.fixture
def filled(app: Flask, migrated: str, kept: Kept, tmp_path: Path) -> Iterator[Flask]:
    """An app on a filled database, within its context."""
    kept.bring_back(renewed(migrated, tmp_path / "planpush.db"))
    with app.app_context():
        yield app
        db.session.rollback()


def counted(column: Any, *conditions: Any) -> dict[int, int]:
    query = sa.select(column, sa.func.count()).where(*conditions).group_by(column)
    return {row[0]: row[1] for row in db.session.execute(query)}


def test_rows_and_counters_match(filled):
    comments = counted(Comment.plan_id)
    unresolved = counted(Thread.plan_id, Thread.state == "open")
    resolved = counted(Thread.plan_id, Thread.state == "resolved")
    plans = db.session.scalars(sa.select(Plan)).all()
    assert len(plans) == 40 and sum(comments.values()) == 300
    for plan in plans:
        counters = (plan.comment_count, plan.open_threads, plan.resolved_threads)
        assert counters == tuple(rows.get(plan.id, 0) for rows in (comments, unresolved, resolved))


@pytest.mark.long
def test_every_page_opens_for_the_people_who_may_see_it(filled):
    for role in ("admin", "developer"):
        named = User.email.startswith("person-"), sa.cast(User.roles, sa.Text).contains(role)
        user = db.session.scalars(sa.select(User).where(*named)).first()
        name = user.email.partition("@")[0]
        visible = set(db.session.scalars(Plan.visible_to(user).with_only_columns(Plan.slug)))
        slugs = db.session.scalars(sa.select(Plan.slug)).all()
        db.session.rollback()
        browser = Browser(filled, name)
        for slug in slugs:
            for path in (f"/p/{slug}", f"/p/{slug}/threads?show=all", f"/p/{slug}?v=1"):
                assert browser.get(path).status_code == (200 if slug in visible else 404), path
        for path in ("/dashboard", "/dashboard/plans?q=author:me", "/activity", "/comments"):
            assert browser.get(path).status_code == 200, path


def test_threads_are_where_the_app_would_place_them(filled):
    for plan in db.session.scalars(sa.select(Plan)):
        blocks = BlockReader(plan)(plan.newest)
        origins = {thread.id: thread.origin for thread in Thread.of(plan)}
        found = reanchor.place_all(origins, {plan.newest: blocks}, blocks)
        placed = {number: row.value for number, row in Placement.on(plan, plan.newest).items()}
        assert placed == found


def passages() -> list[Any]:
    columns = (Passage.plan_id, Passage.kind, Passage.source_id, Passage.anchor, Passage.body)
    query = sa.select(*columns, sa.cast(Passage.words, sa.Text)).order_by(*columns)
    return [tuple(row) for row in db.session.execute(query)]


def test_the_search_index_is_what_the_app_would_write(filled):
    before = passages()
    assert index_missing() == 0
    db.session.execute(sa.delete(Passage))
    for plan in db.session.scalars(sa.select(Plan)):
        index_plan(plan)
    for comment in db.session.scalars(sa.select(Comment)):
        index_comment(comment)
    assert passages() == before


def test_comments_and_pushes_work_afterwards(filled, agent):
    published = sa.select(Plan.slug).where(Plan.visibility == "published")
    slug = db.session.scalars(published).first()
    db.session.rollback()
    browser = Browser(filled, "person-1")
    form = {"body": "One more zebrafish.", "anchor": "summary"}
    assert browser.send("POST", f"/p/{slug}/threads", form).status_code == 201
    page = '<section data-anchor="a"><h2>A</h2><p>New okapi.</p></section>'
    pushed = agent("alice", "POST", "/api/push?title=New", data=page, content_type="text/html")
    assert pushed.status_code == 201
    for word in ("zebrafish", "okapi"):
        found = agent("alice", "GET", f"/api/plans?q={word}").json["plans"]
        assert len(found) == 1, word


def schema() -> list[Any]:
    """Return everything that the database says about tables, indexes and constraints."""
    if db.engine.dialect.name == "sqlite":
        queries = ["SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%stat%'"]
    else:
        queries = [
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype <> 'n'",
        ]
    return [sorted(map(str, db.session.execute(sa.text(query)))) for query in queries]


def test_indexes_and_constraints_come_back(app):
    with app.app_context():
        before = schema()
        db.session.rollback()
        fill(Sizes(plans=3, comments=9, people=3), tell=lambda line: None)
        assert schema() == before


def test_a_database_with_plans_is_left_alone_without_consent(filled):
    printed = list[str]()
    with pytest.raises(Problem, match="--yes"):
        fill(SIZES, tell=printed.append)
    assert printed == []
    fill(SIZES, consent=True, tell=printed.append)
    titles = db.session.scalars(sa.select(Plan.title).order_by(Plan.id)).all()
    assert titles[:40] == titles[40:], "the same seed makes the same content"


def test_the_command_fills_the_configured_database(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'filled.db'}")
    monkeypatch.setenv("SECRET_KEY", "s" * 40)
    sizes = ["--plans", "5", "--comments", "7", "--people", "3"]
    done = CliRunner().invoke(main, sizes, catch_exceptions=False)
    assert done.exit_code == 0 and "5 plans, 7 comments" in done.output
    again = CliRunner().invoke(main, sizes)
    assert again.exit_code == 1 and "--yes" in again.output
