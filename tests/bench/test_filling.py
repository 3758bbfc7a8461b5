"""`planpush fill`: what is made in bulk is what the app itself would have stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from planpush.accounts.user import User
from planpush.cli import main
from planpush.comments.comment import Comment
from planpush.comments.mentions import Mention, whom
from planpush.comments.placement import Placement
from planpush.comments.thread import Thread
from planpush.dashboard.search_index import Passage, index_comment, index_missing, index_plan
from planpush.database.session import db
from planpush.document.anchoring import reanchor
from planpush.errors import Problem
from planpush.events.event import Event
from planpush.filling import Sizes, fill
from planpush.filling.words import COMMON, COMMON_TOO, PHRASE, RARE
from planpush.plans.plan import Member, Plan
from planpush.plans.version import BlockReader
from planpush.reviews.attention import Turn
from planpush.reviews.sign_offs import SignOff
from tests.conftest import fleeting
from tests.keeping import Kept, renewed
from tests.people import Browser

SIZES = Sizes(plans=40, comments=300, people=12, seed=7)


@pytest.fixture(scope="module")
def kept(migrated: str, peopled: Kept, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What one filling of the cast's database makes, for every test here."""

    def make(url: str) -> None:
        with fleeting(url, tmp_path_factory):
            fill(SIZES, tell=lambda line: None)

    return Kept(migrated, tmp_path_factory.mktemp("filled"), make, peopled)


@pytest.fixture
def filled(app: Flask, migrated: str, kept: Kept, tmp_path: Path) -> Iterator[Flask]:
    """An app whose database was filled, within its context."""
    kept.bring_back(renewed(migrated, tmp_path / "planpush.db"))
    with app.app_context():
        yield app
        db.session.rollback()


def counted(column: Any, *conditions: Any) -> dict[int, int]:
    query = sa.select(column, sa.func.count()).where(*conditions).group_by(column)
    return {row[0]: row[1] for row in db.session.execute(query)}


def test_there_is_as_much_as_was_asked_for(filled):
    for kind, count in ((Plan, 40), (Comment, 300)):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(kind)) == count
    people = db.session.scalars(sa.select(User).where(User.email.startswith("person-"))).all()
    assert len(people) == 12 and all(one.active for one in people)
    assert {role for one in people for role in one.roles} >= {"admin", "qa", "project_manager"}


def test_the_counters_are_the_counts(filled):
    comments = counted(Comment.plan_id)
    still = counted(Thread.plan_id, Thread.state == "open")
    settled = counted(Thread.plan_id, Thread.state == "resolved")
    for plan in db.session.scalars(sa.select(Plan)):
        told = (plan.comment_count, plan.open_threads, plan.resolved_threads)
        assert told == tuple(rows.get(plan.id, 0) for rows in (comments, still, settled))
        assert plan.archived == (plan.archived_at is not None)
        assert plan.title_key == plan.title.casefold()
    assert sum(still.values()) > 0 and sum(settled.values()) > 0


@pytest.mark.long
def test_every_page_opens_for_whom_it_may(filled):
    for role in ("admin", "developer"):
        named = User.email.startswith("person-"), sa.cast(User.roles, sa.Text).contains(role)
        user = db.session.scalars(sa.select(User).where(*named)).first()
        name = user.email.partition("@")[0]
        seen = set(db.session.scalars(Plan.visible_to(user).with_only_columns(Plan.slug)))
        every = db.session.scalars(sa.select(Plan.slug)).all()
        db.session.rollback()
        somebody = Browser(filled, name)
        for slug in every:
            for path in (f"/p/{slug}", f"/p/{slug}/threads?show=all", f"/p/{slug}?v=1"):
                assert somebody.get(path).status_code == (200 if slug in seen else 404), path
        for path in ("/dashboard", "/dashboard/plans?q=author:me", "/activity", "/comments"):
            assert somebody.get(path).status_code == 200, path


def test_threads_sit_where_the_app_would_put_them(filled):
    kinds = set()
    for plan in db.session.scalars(sa.select(Plan)):
        blocks = BlockReader(plan)(plan.newest)
        threads = Thread.of(plan)
        origins = {thread.id: thread.origin for thread in threads}
        found = reanchor.place_all(origins, {plan.newest: blocks}, blocks)
        for number, placement in Placement.on(plan, plan.newest).items():
            assert placement.value == found.pop(number)
            assert placement.words == reanchor.words_at(blocks, placement.value)[:600]
        assert found == {}
        kinds |= {thread.kind for thread in threads}
    assert kinds >= {"document", "text"}


def passages() -> list[Any]:
    columns = (Passage.plan_id, Passage.kind, Passage.source_id, Passage.anchor, Passage.body)
    query = sa.select(*columns, sa.cast(Passage.words, sa.Text)).order_by(*columns)
    return [tuple(row) for row in db.session.execute(query)]


def test_what_is_found_is_what_the_app_would_index(filled):
    before = passages()
    assert index_missing() == 0
    db.session.execute(sa.delete(Passage))
    for plan in db.session.scalars(sa.select(Plan)):
        index_plan(plan)
    for comment in db.session.scalars(sa.select(Comment)):
        index_comment(comment)
    assert passages() == before


def saying(text: str) -> set[int]:
    query = sa.select(Passage.plan_id).where(Passage.body.icontains(text, autoescape=True))
    return set(db.session.scalars(query))


def test_words_are_as_rare_as_promised(filled):
    assert len(saying(RARE)) == 20
    assert len(saying(COMMON)) == len(saying(COMMON_TOO)) == 40
    db.session.rollback()
    fill(Sizes(plans=200, comments=0, people=2), consent=True, tell=lambda line: None)
    assert 0 < len(saying(PHRASE)) < 30


def test_the_search_finds_the_rare_word_where_it_was_put(filled):
    db.session.rollback()
    page = Browser(filled, "person-1").get(f"/dashboard/plans?q={RARE}+-is:archived").text
    archived = sa.select(Plan.id).where(Plan.archived)
    for number in saying(RARE):
        assert (f'id="pp-plan-{number}"' in page) == (number not in db.session.scalars(archived))


def test_mentions_and_events_are_the_apps_own(filled):
    rows = counted(Mention.comment_id)
    for comment in db.session.scalars(sa.select(Comment).where(Comment.kept.contains("@"))):
        plan = db.session.get_one(Plan, comment.plan_id)
        assert len(whom(comment.kept, plan)) == rows.pop(comment.id)
    assert rows == {}
    events = db.session.scalars(sa.select(Event).where(Event.plan_id > 0).order_by(Event.id)).all()
    assert [one.at for one in events] == sorted(one.at for one in events)
    newest = {one.plan_id: one.at for one in events}
    plans = db.session.scalars(sa.select(Plan)).all()
    assert {plan.id: plan.active_at for plan in plans} == {p.id: newest[p.id] for p in plans}
    by_id = {one.id: one for one in events}
    for turn in db.session.scalars(sa.select(Turn)):
        assert by_id[turn.event_id].plan_id == turn.plan_id
        assert (by_id[turn.event_id].thread_id or 0) == turn.thread_id


def test_the_verdict_is_what_the_reviews_make_it(filled):
    before = dict(db.session.execute(sa.select(Plan.id, Plan.verdict)).all())
    for plan in db.session.scalars(sa.select(Plan)):
        SignOff.settle(plan)
        assert plan.verdict == before[plan.id]
    assert set(before.values()) > {""}


def test_nobody_is_let_in_who_may_not_see(filled):
    for plan in db.session.scalars(sa.select(Plan)):
        may = {user.id for user in db.session.scalars(plan.readers())}
        spoke = sa.select(Comment.author_id).where(Comment.plan_id == plan.id)
        asked = sa.select(Member.user_id).where(Member.plan_id == plan.id)
        assert {*db.session.scalars(spoke), *db.session.scalars(asked)} <= may


def test_it_goes_on_after_it(filled, agent):
    db.session.rollback()
    plan = db.session.scalars(sa.select(Plan).where(Plan.visibility == "published")).first()
    slug, number = plan.slug, plan.id
    db.session.rollback()
    somebody = Browser(filled, "person-1")
    said = {"body": "One more zebrafish.", "anchor": "summary"}
    assert somebody.send("POST", f"/p/{slug}/threads", said).status_code == 201
    page = '<section data-anchor="a"><h2>A</h2><p>New okapi.</p></section>'
    made = agent("alice", "POST", "/api/push?title=New", data=page, content_type="text/html")
    assert made.status_code == 201
    assert saying("zebrafish") == {number} and len(saying("okapi")) == 1
    assert_found("zebrafish")


def assert_found(word: str) -> None:
    """Fail unless the database's own index knows a word."""
    fts = "SELECT count(*) FROM passage_words WHERE passage_words MATCH :word"
    if db.engine.dialect.name == "postgresql":
        fts = "SELECT count(*) FROM passages WHERE words @@ CAST(:word AS tsquery)"
    assert db.session.scalar(sa.text(fts), {"word": word}) == 1


def schema() -> list[Any]:
    """Everything that the database says of its tables, indexes, triggers and constraints."""
    if db.engine.dialect.name == "sqlite":
        queries = ["SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%stat%'"]
    else:
        queries = [
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype <> 'n'",
        ]
    return [sorted(map(str, db.session.execute(sa.text(query)))) for query in queries]


def test_the_schema_is_as_before(app):
    with app.app_context():
        before = schema()
        db.session.rollback()
        fill(Sizes(plans=3, comments=9, people=3), tell=lambda line: None)
        assert schema() == before


def test_a_database_with_plans_is_left_alone_without_consent(filled):
    told = list[str]()
    with pytest.raises(Problem, match="--yes"):
        fill(SIZES, tell=told.append)
    assert told == []
    fill(SIZES, consent=True, tell=told.append)
    titles = db.session.scalars(sa.select(Plan.title).order_by(Plan.id)).all()
    assert titles[:40] == titles[40:], "the same seed makes the same"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(User)) == 12 + 5


def test_the_command_fills_the_database_of_the_configuration(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'filled.db'}")
    monkeypatch.setenv("SECRET_KEY", "s" * 40)
    sizes = ["--plans", "5", "--comments", "7", "--people", "3"]
    done = CliRunner().invoke(main.cli, ["fill", *sizes], catch_exceptions=False)
    assert done.exit_code == 0 and "5 plans, 7 comments" in done.output
    again = CliRunner().invoke(main.cli, ["fill", *sizes])
    assert isinstance(again.exception, Problem)
