"""Threads: counted on their plan, carried by every push, and never rewritten where they began."""

import pytest
import sqlalchemy as sa

from planpush.comments import thread as module
from planpush.comments.placement import Placement
from planpush.comments.thread import OPEN, RESOLVED
from planpush.database.session import commit
from planpush.document.anchoring.target import Place
from planpush.errors import Forbidden, Invalid
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


def test_every_version_places_every_thread(database, pushed, plan, opened):
    thread, resolved = opened(quote="rotate"), opened(quote="expire")
    resolved.resolve(by=person("bob"))
    carried = pushed({"a": ONE, "b": "<p>New.</p>"}, plan).threads
    assert set(Placement.on(plan, 2)) == {thread.id, resolved.id}
    assert carried["exact"] == 1  # only open ones are counted


def test_the_origin_stays_and_the_place_follows_the_words(database, pushed, plan, opened):
    thread = opened(quote="rotate on every use")
    for html in ("<p>Tokens rotate on each use.</p>", "<p>Nothing alike here at all.</p>", ONE):
        pushed({"a": html}, plan)
    first, edited, lost, back = (Placement.of(thread, number) for number in (1, 2, 3, 4))
    assert thread.origin.exact == first.words == "rotate on every use"
    assert (edited.words, edited.state) == ("rotate on each use", "edited")
    assert lost.state in ("outdated", "orphaned") and back.state == "exact"


def test_who_may_resolve(database, plan, opened):
    thread = opened()
    with pytest.raises(Forbidden):
        thread.resolve(by=person("charlie"))
    for name in ("bob", "alice", "ada", "pam"):
        thread.resolve(by=person(name))
        assert thread.state == RESOLVED
        thread.reopen(by=person("charlie"))
        assert thread.state == OPEN


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


def test_words_are_still_found_after_more_large_versions_than_are_compared(
    monkeypatch, pushed, plan, opened
):
    thread = opened(quote="rotate on every")
    pushed({"a": "<p>Other words by far.</p>"}, plan)
    monkeypatch.setattr(placements, "MAPPED", 0)
    pushed({"a": "<p>Once more: they say tokens rotate on every use here.</p>"}, plan)
    assert Placement.of(thread, 3).state in ("moved", "outdated")
    pushed({"b": "<p>Nothing of it.</p>"}, plan)
    assert Placement.of(thread, 4).state in ("outdated", "orphaned")
