"""Decisions: a person's word on where a thread sits holds on every later version."""

import pytest

from planpush.comments.placement import Placement
from planpush.comments.thread import Thread
from planpush.database.session import commit
from planpush.document.anchoring.target import Place
from planpush.errors import Conflict, Invalid, NotFound
from planpush.versions.placement_decisions import decide
from planpush.versions.purge import purge
from tests.people import person

OLD = "<p>Tokens rotate on every use.</p><p>They expire after an hour.</p>"
NEW = "<p>Tokens rotate on each use.</p><p>They expire after an hour.</p>"
FILLER = "".join(f"<p>Filler number {n} says something of its own.</p>" for n in range(6))


@pytest.fixture
def plan(pushed):
    """A plan of alice's with two sections."""
    return pushed({"a": OLD, "b": FILLER}).plan


@pytest.fixture
def thread(database, plan):
    """A thread of bob's on words that version 2 has changed."""
    place = Place(anchor="a", quote="rotate on every use")
    made = plan.open_thread(place, "Hm.", by=person("bob"), on=1)
    commit()
    return made


@pytest.fixture
def say(database, plan, thread):
    """Decide as bob on the newest version, or on another."""

    def decided(decision, on=None, seen="", **place):
        by, on = person("bob"), on or plan.newest
        decide(plan, thread.id, decision, Place(**place), on=on, by=by, seen=seen)
        commit()
        return at(thread, on)

    return decided


def at(thread, version):
    return Placement.of(thread, version)


def where(thread, version):
    found = at(thread, version)
    return found.state, found.section, found.words, found.confirmed


def test_a_confirmed_place_stays_confirmed_while_its_words_stay(pushed, plan, thread, say):
    pushed({"a": NEW, "b": FILLER}, plan)
    assert where(thread, 2) == ("edited", "a", "rotate on each use", False)
    assert say("confirm").confirmed
    pushed({"a": NEW + "<p>More.</p>", "b": FILLER}, plan)
    assert where(thread, 3) == ("edited", "a", "rotate on each use", True)
    pushed({"a": NEW.replace("each use", "their use"), "b": FILLER}, plan)
    assert where(thread, 4) == ("edited", "a", "rotate on their use", False)
    pushed({"a": NEW, "b": FILLER}, plan)
    assert where(thread, 5) == ("edited", "a", "rotate on each use", True)


def test_confirmed_words_are_followed_where_the_first_ones_lead_nowhere(pushed, plan, thread, say):
    far = OLD.replace("Tokens rotate on every use", "Tokens are made anew at each request")
    pushed({"a": far, "b": FILLER}, plan)
    say("reattach", anchor="a", quote="made anew at each request")
    say("confirm")
    pushed({"a": "<p>Nothing is left of it.</p>", "b": FILLER}, plan)
    assert not at(thread, 3).confirmed
    pushed({"a": "<p>Else.</p>", "b": far + FILLER}, plan)
    assert where(thread, 4)[2] == "made anew at each request"


def test_a_reattached_thread_goes_on_from_there(database, pushed, plan, thread, say):
    pushed({"a": NEW, "b": FILLER}, plan)
    assert say("not_here").state == "outdated"
    found = say("reattach", anchor="b", quote="Filler number 3")
    assert (found.state, found.section, found.words) == ("exact", "b", "Filler number 3")
    assert [row.version for row in thread.origins] == [1, 2]
    assert thread.origins[0].selector["exact"] == "rotate on every use"
    pushed({"a": OLD, "b": "<p>First of all.</p>" + FILLER}, plan)
    assert where(thread, 3)[:3] == ("exact", "b", "Filler number 3")
    say("reattach", anchor="a", quote="rotate on every use")
    pushed({"a": OLD + "<p>More.</p>", "b": FILLER}, plan)
    assert where(thread, 4)[:3] == ("exact", "a", "rotate on every use")


def test_on_an_old_version_the_newest_follows_and_those_between_stay(pushed, plan, thread, say):
    for n in range(3):
        pushed({"a": NEW + f"<p>{n}</p>", "b": FILLER}, plan)
    assert say("confirm", on=2).confirmed
    assert [at(thread, n).confirmed for n in (1, 2, 3, 4)] == [False, True, False, True]
    say("not_here", on=2)
    assert [at(thread, n).state for n in (1, 2, 4)] == ["exact", "outdated", "outdated"]
    assert not at(thread, 4).confirmed
    say("reattach", on=2, anchor="b", quote="Filler number 5")
    assert [at(thread, n).section for n in (1, 2, 3, 4)] == ["a", "b", "a", "b"]


def test_what_cannot_be_decided_changes_nothing(database, pushed, plan, thread, say):
    pushed({"a": NEW, "b": FILLER}, plan)
    before = at(thread, 2).value
    for decision, place, error in (
        ("reattach", {}, Invalid),
        ("reattach", {"anchor": "nope"}, Invalid),
        ("reattach", {"anchor": "b", "quote": "not in it"}, Invalid),
        ("maybe", {}, Invalid),
        ("confirm", {"on": 9}, NotFound),
        ("confirm", {"seen": "exact:b:1:0:4"}, Conflict),
    ):
        with pytest.raises(error):
            say(decision, **place)
        database.rollback()
    assert (at(thread, 2).value, len(thread.origins), thread.rejections) == (before, 1, [])


def test_a_purge_takes_the_words_of_rejected_places_too(database, pushed, plan, thread, say, dump):
    pushed({"a": OLD.replace("every use", "zebra use"), "b": FILLER}, plan)
    assert at(thread, 2).state == "edited"
    say("not_here")
    pushed({"a": OLD, "b": FILLER}, plan)
    assert "zebra" in dump()
    purge(plan, [2], by=person("ada"))
    commit()
    assert "zebra" not in dump()
    pushed({"a": OLD, "b": FILLER + "<p>More.</p>"}, plan)
    assert Thread.find(plan, thread.id).rejections


def test_not_here_leaves_the_block_and_no_version_goes_back(pushed, plan, thread, say):
    pushed({"a": NEW, "b": FILLER}, plan)
    found = say("not_here")
    assert (found.state, found.section, found.start) == ("outdated", "a", None)
    assert found.words == "Tokens rotate on each use."
    for version, text in ((3, NEW + "<p>More.</p>"), (4, "<p>First.</p>" + NEW)):
        pushed({"a": text, "b": FILLER}, plan)
        assert at(thread, version).state == "outdated"
        assert at(thread, version).start is None
    pushed({"a": OLD, "b": FILLER}, plan)
    assert at(thread, 5).start is None  # the rejected words became these
