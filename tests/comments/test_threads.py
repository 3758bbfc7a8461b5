"""Threads: counted on their plan, carried by every push, and never rewritten where they began."""

import pytest
import sqlalchemy as sa

from planpush.comments import thread as module
from planpush.comments.placement import Placement
from planpush.comments.thread import OPEN, RESOLVED, Thread
from planpush.database.session import commit
from planpush.document.anchoring.target import Place
from planpush.errors import Forbidden, Invalid, NotFound
from planpush.events.event import Event
from planpush.versions import placements
from tests.people import person

ONE = "<p>Tokens rotate on every use.</p><p>They expire.</p>"


@pytest.fixture
def plan(pushed):
    """A plan of alice's with one section."""
    return pushed({"a": ONE}).plan


@pytest.fixture
def opened(database, plan):
    """Open a thread as bob: opened(quote="rotate")."""

    def open_thread(**place):
        made = plan.open_thread(Place(anchor="a", **place), "Hm.", by=person("bob"), on=plan.newest)
        commit()
        database.refresh(plan)
        return made

    return open_thread


def counts(database, plan):
    database.refresh(plan)
    return plan.open_threads, plan.resolved_threads, plan.comment_count


def test_counters_follow(database, plan, opened):
    thread = opened(quote="rotate")
    thread.comment("More.", by=person("alice"))
    commit()
    assert counts(database, plan) == (1, 0, 2)
    thread.resolve(by=person("alice"))
    commit()
    assert counts(database, plan) == (0, 1, 2)
    thread.reopen(by=person("alice"))
    thread.comments[0].delete(by=person("bob"))
    commit()
    assert counts(database, plan) == (1, 0, 1)


def test_several_are_opened_in_one_transaction(plan, database):
    for words in ("One.", "Two."):
        plan.open_thread(Place("a"), words, by=person("bob"), on=plan.newest)
    commit()
    assert counts(database, plan)[0] == 2


def test_every_version_places_every_thread(database, pushed, plan, opened):
    thread, resolved = opened(quote="rotate"), opened(quote="expire")
    resolved.resolve(by=person("bob"))
    carried = pushed({"a": ONE, "b": "<p>New.</p>"}, plan).threads
    assert set(Placement.on(plan, 2)) == {thread.id, resolved.id}
    assert carried["exact"] == 1  # only open ones are counted


def test_the_origin_stays_when_the_place_changes(database, pushed, plan, opened):
    thread = opened(quote="rotate on every use")
    pushed({"a": "<p>Tokens rotate on each use.</p>"}, plan)
    assert thread.origin.exact == "rotate on every use"
    assert Placement.on(plan, 2)[thread.id].words == "rotate on each use"
    assert Placement.on(plan, 1)[thread.id].words == "rotate on every use"


def test_a_state_only_keeps_or_worsens_until_the_words_return(database, pushed, plan, opened):
    thread = opened(quote="rotate")
    pushed({"a": "<p>Nothing alike here at all.</p>"}, plan)
    assert Placement.on(plan, 2)[thread.id].state in ("outdated", "orphaned")
    pushed({"a": ONE}, plan)
    assert Placement.on(plan, 3)[thread.id].state == "exact"


def test_who_may_resolve(database, plan, opened):
    thread = opened()
    with pytest.raises(Forbidden):
        thread.resolve(by=person("charlie"))
    for name in ("bob", "alice", "ada", "pam"):
        thread.resolve(by=person(name))
        assert thread.state == RESOLVED
        thread.reopen(by=person("charlie"))
        assert thread.state == OPEN


def test_an_answer_stays_until_a_person_speaks(database, plan, opened):
    thread = opened()
    thread.answer("declined", "No.", by=person("alice"), unchanged=False)
    thread.comment("As an agent.", by=person("alice"), via="agent")
    assert thread.answer_status == "declined"
    thread.comment("As a person.", by=person("bob"))
    assert (thread.answer_status, thread.answer_note) == (None, "")


@pytest.mark.parametrize("status", ["partial", "declined", "question"])
def test_only_an_applied_answer_is_doubted(database, plan, opened, status):
    thread = opened()
    thread.answer(status, "", by=person("alice"), unchanged=True)
    assert thread.answer_unchanged is False
    thread.answer("applied", "", by=person("alice"), unchanged=True)
    assert thread.answer_unchanged is True


def test_a_place_that_is_not_there_opens_nothing(database, plan):
    with pytest.raises(Invalid):
        plan.open_thread(Place(anchor="nope"), "Hm.", by=person("bob"), on=1)
    with pytest.raises(NotFound):
        plan.open_thread(Place(), "Hm.", by=person("bob"), on=9)
    database.rollback()
    assert database.scalar(sa.select(sa.func.count(Thread.id))) == 0


def test_events_tell_the_story(database, plan, opened):
    thread = opened()
    thread.resolve(by=person("bob"))
    thread.reopen(by=person("alice"))
    commit()
    kinds = database.scalars(
        sa.select(Event.kind).where(Event.thread_id == thread.id).order_by(Event.id)
    )
    assert list(kinds) == ["thread.opened", "comment.added", "thread.resolved", "thread.reopened"]


def test_a_plan_takes_so_many_threads_and_comments_and_says_what_to_do(monkeypatch, plan, opened):
    thread = opened(quote="rotate")
    monkeypatch.setattr(module, "MOST_COMMENTS", 2)
    thread.comment("More.", by=person("bob"))
    thread.comments[0].delete(by=person("bob"))
    commit()
    with pytest.raises(Invalid, match="new plan") as refused:
        thread.comment("And more.", by=person("bob"))
    assert refused.value.errors[0].code == "too_many_comments"
    monkeypatch.setattr(module, "MOST", 1)
    with pytest.raises(Invalid, match="1 threads") as refused:
        opened(quote="expire")
    assert refused.value.errors[0].field == "body"


def test_what_was_said_on_many_large_versions_is_looked_for_by_its_words(
    monkeypatch, pushed, plan, opened
):
    thread = opened(quote="rotate on every")
    pushed({"a": "<p>Other words by far.</p>"}, plan)
    monkeypatch.setattr(placements, "MAPPED", 0)
    pushed({"a": "<p>Once more: they say tokens rotate on every use here.</p>"}, plan)
    there = Placement.of(thread, 3)
    assert there.state in ("moved", "outdated")
    pushed({"b": "<p>Nothing of it.</p>"}, plan)
    assert Placement.of(thread, 4).state in ("outdated", "orphaned")
