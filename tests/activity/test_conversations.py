"""Conversations: which threads concern somebody, in which order, and what is shown of each."""

from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planpush.accounts.user import User
from planpush.activity import conversations
from planpush.activity.conversations import SHOWS, STATES, Conversations
from planpush.database.session import commit, db
from planpush.document.anchoring.target import Place
from planpush.plans.plan import PUBLISHED, Plan
from planpush.versions.purge import purge
from tests.activity.test_activity import VISIBLE, start
from tests.notifications.test_notices import statements_of_each
from tests.people import CAST, person


@pytest.fixture
def plan(pushed):
    return pushed({"intro": "<p>Tokens rotate.</p>"}, visibility=PUBLISHED).plan


def say(plan, body, by="bob", place=None):
    opened = plan.open_thread(place or Place(), body, by=person(by), on=1)
    commit()
    return opened


def reply(thread, body, by="alice"):
    thread.comment(body, by=person(by))
    commit()


def words(name, show="mine", state="open", before=None):
    return [one.words for one in Conversations.of(person(name), show, state, before).rows]


@pytest.mark.parametrize("walk", [0, 2, 3_000], ids=["asked", "walked further", "walked"])
def test_threads_come_by_their_newest_word(plan, monkeypatch, walk):
    monkeypatch.setattr(conversations, "_WALK", walk)
    first, second = say(plan, "One"), say(plan, "Two", by="pam")
    say(plan, "Three @Charlie")
    reply(first, "Four")
    assert words("bob") == ["Four", "Three @Charlie"]
    assert words("alice", "plans") == ["Four", "Three @Charlie", "Two"]
    assert words("charlie", "mentions") == ["Three @Charlie"]
    assert (words("charlie"), words("bob", "plans"), words("pam")) == ([], [], ["Two"])
    second.resolve(by=person("alice"))
    commit()
    assert words("alice", "plans", "resolved") == words("pam", "mine", "resolved") == ["Two"]
    assert (words("pam"), words("pam", "mine", "all")) == ([], ["Two"])


@pytest.mark.parametrize("show", list(SHOWS))
def test_a_comment_that_was_taken_back_says_and_finds_nothing(plan, show):
    thread = say(plan, "A secret of @Alice", by="alice")
    reply(thread, "Seen", by="bob")
    reply(thread, "Another secret for @Alice", by="bob")
    thread.comments[2].delete(by=person("bob"))
    commit()
    assert words("alice", show) == ["Seen"]
    thread.comments[0].delete(by=person("alice"))
    commit()
    assert words("alice", show) == (["Seen"] if show == "plans" else [])
    thread.comments[1].delete(by=person("bob"))
    commit()
    assert words("alice", show) == []


def test_what_a_purge_took_is_not_quoted(pushed, plan):
    place = Place(anchor="intro", quote="rotate")
    say(plan, "One", place=place)
    pushed({"intro": "<p>Other words.</p>"}, plan)
    purge(plan, [1], by=person("ada"))
    commit()
    (row,) = Conversations.of(person("bob")).rows
    assert "rotate" not in row.quote


def test_a_plan_that_is_private_again_is_gone(plan):
    say(plan, "One", by="charlie")
    plan.unpublish(by=person("alice"))
    commit()
    assert words("charlie") == [] and words("charlie", state="all") == []
    assert words("alice", "plans") == ["One"]


@pytest.mark.long
@pytest.mark.parametrize("name", list(CAST))
def test_a_page_asks_as_much_for_many_as_for_few(plan, name):
    asked = partial(statements_of_each, Conversations, SHOWS, name)
    said = f"@{name.title()}, look"
    say(plan, said, by=name)
    few = asked()
    for _ in range(8):
        reply(say(plan, said, by=name), "Yes", by="pam")
    # Who has much to do with many is looked for once more.
    dear = {show: count for show, count in asked().items() if not count <= few[show] + 1 <= 6}
    assert dear == {}, few


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    plans=VISIBLE,
    role=st.sampled_from(("admin", "developer", "qa", "none")),
    walk=st.sampled_from((0, 3_000)),
)
def test_nobody_reads_of_a_plan_that_they_may_not_see(app, plans, role, walk):
    with app.app_context(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(conversations, "_WALK", walk)
        reader = User(email="r@example.com", name="Reader", roles=[role], granted_roles=[role])
        db.session.add(reader)
        db.session.flush()
        made = [start(number, reader, *told) for number, told in enumerate(plans)]
        db.session.flush()
        seen = set(db.session.scalars(Plan.visible_to(reader).with_only_columns(Plan.slug)))
        for state in STATES:
            rows = Conversations.of(reader, "mentions", state).rows
            there = set() if state == "resolved" else seen
            assert {row.slug for row in rows} == there, (made, state)
        db.session.rollback()
