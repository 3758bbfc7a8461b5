"""Activity: what is told of what happened, to whom, how bursts fold, and how little it asks."""

from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planpush.accounts.user import User
from planpush.activity import feed
from planpush.activity.feed import Activity, recent
from planpush.activity.feed_labels import SHOWS
from planpush.database.session import commit, db, now
from planpush.document.anchoring.target import Place
from planpush.events.event import Event
from planpush.notifications.notices import Mute
from planpush.plans.plan import EDITOR, PRIVATE, PUBLISHED, REVIEWER, Member, Plan
from planpush.versions.purge import purge
from tests.notifications.test_notices import statements, statements_of_each
from tests.people import person


@pytest.fixture
def plan(pushed):
    return pushed({"intro": "<p>Tokens rotate.</p>"}, visibility=PUBLISHED).plan


def say(plan, body, by="bob"):
    opened = plan.open_thread(Place(), body, by=person(by), on=plan.newest)
    commit()
    return opened


def did(name="charlie", show="", before=None):
    return [one.did for one in Activity.of(person(name), show, before).moments]


def words(name="charlie", show=""):
    return [one.words for one in Activity.of(person(name), show).moments]


def test_nothing_is_said_of_addresses_old_titles_or_the_audit(pushed, plan):
    pushed({"intro": "<p>Tokens rotate.</p>"}, plan, title="A later title")
    plan.hand_over(person("bob"), by=person("alice"))
    Event.record("secret.allowed", by=person("bob"), plan_id=plan.id, data={"kinds": ["key"]})
    Event.record("plan.channel_changed", by=person("bob"), plan_id=plan.id)
    commit()
    told = repr(Activity.of(person("charlie")).moments)
    assert "@example.com" not in told.replace("email=", "") and "'Plan'" not in told
    assert did() == ["handed over", "gave a new title to", "pushed version 1 of"]


def test_a_deleted_comment_is_told_without_its_words(plan):
    thread = say(plan, "A secret for @Charlie")
    thread.comments[0].delete(by=person("bob"))
    commit()
    (one,) = Activity.of(person("charlie"), "comments").moments
    assert (one.words, one.deleted) == ("", True)
    assert Activity.of(person("charlie"), "mentions").moments == []
    assert recent(person("alice")).moments[0].words == ""


def test_an_event_never_shows_a_comment_of_another_plan(pushed, plan):
    secret = pushed({"intro": "<p>Hidden.</p>"}).plan
    thread = say(secret, "A secret", by="alice")
    data = {"comment": thread.comments[0].id}
    Event.record("comment.added", by=person("bob"), plan_id=plan.id, data=data)
    commit()
    assert words(show="comments") == [""]


def test_of_a_purged_version_only_that_it_was_pushed_is_told(pushed, plan):
    pushed({"intro": "<p>A key.</p>"}, plan, message="With the key")
    pushed({"intro": "<p>None.</p>"}, plan)
    purge(plan, [2], by=person("ada"))
    commit()
    told = {one.did: one for one in Activity.of(person("charlie")).moments}
    gone = told["pushed version 2 of"]
    assert (gone.words, gone.href) == ("This version was purged.", f"/p/{plan.slug}")


def test_a_burst_is_one_row_and_hides_nobody_elses(plan):
    threads = [say(plan, f"No. {number}") for number in range(5)]
    for thread in threads[:3]:
        thread.answer("applied", "", by=person("alice"), unchanged=False)
    threads[3].resolve(by=person("bob"))
    threads[4].resolve(by=person("alice"))
    commit()
    folded = Activity.of(person("charlie")).moments[:3]
    assert [(one.did, one.count) for one in folded] == [
        ("resolved a thread on", 1), ("resolved a thread on", 1), ("answered 3 threads on", 3),
    ]  # fmt: skip
    assert (folded[2].words, folded[2].href) == ("", f"/p/{plan.slug}")


@pytest.mark.parametrize("few", [0, 4_000])
def test_who_sees_little_of_much_is_served_too(pushed, plan, monkeypatch, few):
    own = pushed({"intro": "<p>Mine.</p>"}).plan
    db.session.add(Member(plan_id=own.id, user_id=person("charlie").id, kind=REVIEWER))
    plan.unpublish(by=person("alice"))
    for number in range(16):
        say(plan, f"Hidden {number}")
    for name, value in (("FIRST", 2), ("SECOND", 4), ("MOST", 8), ("FEW", few)):
        monkeypatch.setattr(feed, name, value)
    page, seen = Activity.of(person("charlie")), []
    while page.older is not None:
        seen += page.moments
        page = Activity.of(person("charlie"), "", page.older)
    assert [one.plan_id for one in [*seen, *page.moments]] == [own.id]
    assert few == 0 or not seen


def test_a_muted_plan_is_left_out_but_not_what_concerns_oneself(plan):
    say(plan, "@Charlie, look")
    say(plan, "Mine", by="charlie")
    Mute.add(person("charlie"), plan)
    commit()
    assert did() == [] and did(show="comments") == []
    assert len(did(show="mentions")) == len(did(show="mine")) == 1
    assert recent(person("charlie")).moments == []


def test_a_plan_that_one_may_not_see_any_more_is_gone_from_the_column(plan):
    say(plan, "Mine", by="charlie")
    say(plan, "A secret")
    assert "A secret" in [one.words for one in recent(person("charlie")).moments]
    plan.unpublish(by=person("alice"))
    commit()
    assert recent(person("charlie")).moments == []


VISIBLE = st.lists(
    st.tuples(
        st.sampled_from((PRIVATE, PUBLISHED)), st.sampled_from(("alice", "bob", "pam")),
        st.sampled_from((None, EDITOR, REVIEWER)), st.booleans(),
    ), min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    plans=VISIBLE,
    first=st.sampled_from((0, 600)),
    role=st.sampled_from(("admin", "project_manager", "developer", "qa", "none")),
)
def test_nobody_hears_of_a_plan_that_they_may_not_see(app, plans, first, role):
    with app.app_context(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "FIRST", first)  # with 0, their own plans are asked
        patch.setattr(feed, "SECOND", first)
        reader = User(email="r@example.com", name="Reader", roles=[role], granted_roles=[role])
        db.session.add(reader)
        db.session.flush()
        made = [start(number, reader, *told) for number, told in enumerate(plans)]
        db.session.flush()
        seen = set(db.session.scalars(Plan.visible_to(reader).with_only_columns(Plan.id)))
        seen &= set(made)
        for show in ("", "comments", "mentions"):
            assert {one.plan_id for one in Activity.of(reader, show).moments} == seen, show
        assert {one.plan_id for one in recent(reader).moments} <= seen
        db.session.rollback()


def start(number, reader, visibility, owner, kind, deleted):
    by = person(owner)
    plan = Plan(slug=f"s{number}", title="T", owner_id=by.id, owner=by, visibility=visibility)
    plan.deleted_at = now() if deleted else None
    db.session.add(plan)
    db.session.flush()
    if kind:
        db.session.add(Member(plan_id=plan.id, user_id=reader.id, kind=kind))
    say_at(plan, by, reader)
    return plan.id


def say_at(plan, by, named):
    from planpush.comments.comment import Comment
    from planpush.comments.mentions import Mention
    from planpush.comments.thread import Thread

    thread = Thread(plan_id=plan.id, kind="document", opened_on=1, opened_by_id=by.id)
    db.session.add(thread)
    db.session.flush()
    said = Comment(thread_id=thread.id, plan_id=plan.id, author_id=by.id, kept="Words")
    db.session.add(said)
    db.session.flush()
    db.session.add(Mention(comment_id=said.id, user_id=named.id, said="Reader"))
    plan.record("comment.added", by=by, thread_id=thread.id, data={"comment": said.id})


@pytest.mark.parametrize("name", ["charlie", "ada"])
def test_a_page_asks_as_much_for_many_as_for_few(plan, name):
    asked = partial(statements_of_each, Activity, SHOWS, name)
    say(plan, f"@{name.title()}")
    say(plan, "Mine", by=name)
    few = asked()
    for number in range(8):
        say(plan, f"@{name.title()} {number}", by=name)
    assert asked() == few and max(few.values()) <= 4
    user = person(name)
    assert statements(lambda: recent(user)) <= 2
