"""Onlookers: nobody is told of a plan that they cannot see, and whoever can is told."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from planpush.accounts.user import User
from planpush.database.session import commit, db, now
from planpush.events.event import Event
from planpush.live.subscriptions import Happening, Onlooker, with_crowds, with_notices
from planpush.plans.plan import EDITOR, REVIEWER, Member, Plan
from planpush.reviews.reviewers import ask, take_back
from tests.people import CAST, person

laws = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
names = st.sampled_from(sorted(CAST))
plans = st.fixed_dictionaries({
    "owner": names,
    "visibility": st.sampled_from(["private", "published"]),
    "deleted": st.booleans(),
    "members": st.sets(st.tuples(names, st.sampled_from([EDITOR, REVIEWER])), max_size=3),
})  # fmt: skip


def stand(told):
    """Make a plan of alice's, bob's … in this transaction."""
    owner = person(told["owner"])
    plan = Plan.start(title="T", wish=None, visibility=told["visibility"], by=owner)
    plan.deleted_at = now() if told["deleted"] else None
    for name, kind in told["members"]:
        db.session.add(Member(plan_id=plan.id, user_id=person(name).id, kind=kind))
    db.session.flush()
    return plan


def seen(name, happened):
    """The plans among what happened that somebody is told of."""
    who = Onlooker.of(person(name))
    return {one.plan_id for one in with_crowds(happened) if who.sees(one)}


def visible(name):
    return set(db.session.scalars(Plan.visible_to(person(name)).with_only_columns(Plan.id)))


@laws
@given(stood=st.lists(plans, min_size=1, max_size=4), roleless=st.booleans())
def test_one_is_told_of_what_one_sees_and_of_nothing_else(database, stood, roleless):
    made = [stand(told) for told in stood]
    if roleless:
        person("charlie").roles = []
    happened = [Happening(n, "thread.opened", plan.id, 0, "") for n, plan in enumerate(made)]
    for name in CAST:
        assert seen(name, happened) == visible(name), name
    database.rollback()


def publish(plan, _whom):
    plan.publish(by=plan.owner)


def unpublish(plan, _whom):
    plan.unpublish(by=plan.owner)


def hand_over(plan, whom):
    if whom.id != plan.owner_id:
        plan.hand_over(whom, by=plan.owner)


def ask_for_review(plan, whom):
    if whom.id != plan.owner_id:
        ask(plan, whom, by=plan.owner)


def stop_asking(plan, whom):
    take_back(plan, whom.email, by=plan.owner)


def delete_softly(plan, _whom):
    plan.deleted_at = now()
    plan.record("plan.deleted", by=plan.owner)


ACTS = [publish, unpublish, hand_over, ask_for_review, stop_asking, delete_softly]


@laws
@given(told=plans, act=st.sampled_from(ACTS), whom=names)
def test_whoever_saw_a_plan_or_sees_it_now_is_told_that_it_changed(database, told, act, whom):
    plan = stand(told | {"deleted": False})
    since = Event.newest_of_all()
    before = {name for name in CAST if visible(name)}
    act(plan, person(whom))
    database.flush()
    after = {name for name in CAST if visible(name)}
    happened = Event.newest_of_all() > since
    for name in CAST:
        changed = bool(Onlooker.of(person(name)).changed_since(since))
        assert changed == (happened and name in before | after), (name, act)
    database.rollback()


def test_a_notice_is_told_to_whom_it_is_for(database, pushed):
    plan = pushed({"intro": "<p>One.</p>"}).plan
    ask(plan, person("bob"), by=person("alice"))
    since = Event.newest_of_all()
    commit()
    pushed({"intro": "<p>Two.</p>"}, plan)
    rows = database.execute(select(Event.id, Event.kind).where(Event.id > since)).all()
    told = with_notices([Happening(row[0], row[1], plan.id, 0, "") for row in rows])
    people = {one.id: one.noticed for one in told if one.noticed}
    newest = max(row[0] for row in rows if row[1] == "version.pushed")
    assert people == {newest: frozenset({person("bob").id})}
    noticed = {name: Onlooker.of(person(name)).noticed_since(since) for name in CAST}
    assert noticed == dict.fromkeys(CAST, 0) | {"bob": newest}
    assert Onlooker.of(person("bob")).noticed_since(newest) == 0


@pytest.mark.parametrize("gone", [False, True])
def test_a_plan_that_is_no_more_is_nobodys(database, gone):
    plan = stand({"owner": "alice", "visibility": "published", "deleted": not gone, "members": ()})
    number = plan.id
    if gone:
        database.execute(delete(Plan).where(Plan.id == number))
    happened = [Happening(1, "thread.opened", number, 0, "")]
    assert [seen(name, happened) for name in CAST] == [set()] * len(CAST)
    assert database.scalar(select(User.id).limit(1)) is not None
