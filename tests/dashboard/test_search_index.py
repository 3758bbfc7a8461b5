"""Plans of a release that could not search: they are indexed while people work."""

import logging

import pytest
from sqlalchemy import text

from planpush.dashboard.search_index import index_missing, missing
from planpush.database.session import commit, db
from planpush.events.event import Event
from planpush.operations import migrations
from planpush.server.worker import Worker
from tests.dashboard.test_search import found, push, say, section, within  # noqa: F401
from tests.people import person


@pytest.fixture
def plans():
    """Three plans, each with a comment, that nothing tells of yet."""
    made = [push(f"Plan {number}", section("<p>salmon</p>")) for number in range(3)]
    for plan in made:
        say(plan, "trout")
    db.session.execute(text("DELETE FROM passages"))
    commit()
    assert found("salmon") == found("trout") == []
    return made


def test_the_newest_come_first_and_each_batch_is_kept(plans, monkeypatch):
    monkeypatch.setattr("planpush.dashboard.search_index.FEW", 1)
    assert missing() == [plan.id for plan in reversed(plans)]
    assert index_missing() == 1
    commit()
    assert found("trout") == ["Plan 2"]
    told = []
    migrations.index(told.append)  # where another one stopped
    assert sorted(found("trout")) == sorted(found("salmon")) == ["Plan 0", "Plan 1", "Plan 2"]
    assert told == ["0 of 2 plans are indexed for the search."]


def test_a_push_meanwhile_brings_the_comments_along(plans):
    Event.record("plan.renamed", by=person("alice"), plan_id=plans[0].id)
    commit()
    assert found("trout") == found("salmon") == ["Plan 0"]
    assert plans[0].id not in missing()


def test_the_worker_indexes_once_a_little_at_a_time(app, plans, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "planpush")
    monkeypatch.setattr("planpush.server.worker.FEW", 2)
    monkeypatch.setattr("planpush.server.worker._A_WHILE", -1.0)
    worker = Worker(app)
    assert worker.index() == 0.0 and found("trout") == []
    monkeypatch.setattr("planpush.server.worker._A_WHILE", 600.0)
    assert worker.index() == worker.index() == float("inf")
    assert len(found("trout")) == 3
    assert [one.getMessage() for one in caplog.records if "index" in one.getMessage()] == [
        "indexing 3 plans for the search", "all plans are indexed",
    ]  # fmt: skip
