"""Conversations: which threads concern somebody, in which order, and what is shown of each."""

from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from planpush.accounts.user import User
from planpush.activity import conversations
from planpush.activity.conversations import SHOWS, STATES, Conversations
from planpush.comments.comment import Comment
from planpush.database.session import commit, db
from planpush.document.anchoring.target import Place
from planpush.errors import Invalid
from planpush.plans.plan import PUBLISHED, Plan
from planpush.versions.purge import purge
from tests.activity.test_activity import VISIBLE, start
from tests.conftest import ON_POSTGRES
from tests.notifications.test_notices import statements_of_each
from tests.people import CAST, person


@pytest.fixture(params=[0, 2, 3_000], ids=["asked", "walked further", "walked"])
def walk(request, monkeypatch):
    monkeypatch.setattr(conversations, "_WALK", request.param)


@pytest.fixture
def plan(pushed, walk):
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


def test_threads_come_by_their_newest_word(plan):
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


def test_a_row_says_where_how_many_and_whose_turn(plan):
    thread = say(plan, "One", place=Place(anchor="intro", quote="rotate"))
    reply(thread, "Two")
    reply(thread, "Three")
    (mine,) = Conversations.of(person("bob")).rows
    assert (mine.quote, mine.replies, mine.actor.name) == ("rotate", 2, "Alice")
    assert (mine.turn, mine.waits_for) == ("Replied to you", "")
    assert mine.href == f"/p/{plan.slug}?thread={thread.id}#t{thread.id}"
    (theirs,) = Conversations.of(person("alice"), "plans").rows
    assert (theirs.turn, theirs.waits_for) == ("", "Bob")


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


@pytest.mark.parametrize(("show", "state"), [("others", "open"), ("mine", "closed"), ("", "open")])
def test_unknown_filters_are_named(plan, show, state):
    with pytest.raises(Invalid, match="choose one of those above"):
        Conversations.of(person("bob"), show, state)


@pytest.mark.parametrize("show", ["mine", "plans"])
def test_pages_follow_each_other_without_gap_or_twin(plan, monkeypatch, show):
    monkeypatch.setattr(conversations, "PAGE", 2)
    monkeypatch.setattr(conversations, "_MANY", 0)
    for number in range(5):
        say(plan, f"No. {number}", by="alice")
    seen, before = [], None
    while before is not None or not seen:
        page = Conversations.of(person("alice"), show, "open", before)
        seen += [one.words for one in page.rows]
        before = page.older
    assert seen == [f"No. {number}" for number in reversed(range(5))]


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


def steps(ask):
    """How many steps SQLite's machine takes; elsewhere none are told."""
    taken = []
    connection = db.session.connection().connection.dbapi_connection
    if ON_POSTGRES:
        ask()
        return 0
    connection.set_progress_handler(lambda: taken.append(1), 100)
    ask()
    connection.set_progress_handler(None, 0)
    return len(taken)


@pytest.mark.parametrize("show", SHOWS)
def test_a_long_thread_costs_as_much_as_it_is_long(pushed, show):
    plan = pushed({"intro": "<p>Tokens rotate.</p>"}, visibility=PUBLISHED).plan
    thread, taken = say(plan, "One"), []
    row = {"plan_id": plan.id, "thread_id": thread.id, "author_id": person("pam").id}
    for _ in range(2):
        db.session.execute(insert(Comment), [row | {"kept": "Two"} for _ in range(400)])
        taken.append(steps(lambda: Conversations.of(person("charlie"), show, "all")))
    assert taken[1] <= 2.5 * taken[0]
