"""Handing over: a plan gets another owner, and a leaver's plans are not stranded."""

import pytest
import sqlalchemy as sa

from planpush.accounts.user import User
from planpush.database.session import commit
from planpush.errors import Forbidden, Invalid
from planpush.events.event import Event
from planpush.plans.plan import EDITOR, Member, Plan
from tests.people import person

ONE = {"a": "<h2>A</h2><p>One.</p>"}


@pytest.fixture
def plan(pushed):
    return pushed(ONE).plan


def editors(database, plan):
    query = sa.select(Member.user_id).where(Member.plan_id == plan.id, Member.kind == EDITOR)
    return set(database.scalars(query))


@pytest.mark.parametrize("name", ["alice", "pam", "ada"])
def test_owner_project_manager_and_admin_may(database, plan, name):
    plan.hand_over(person("bob"), by=person(name))
    commit()
    assert plan.owner_id == plan.owner.id == person("bob").id
    assert editors(database, plan) == {person("alice").id}
    assert plan.visibility == "private"


@pytest.mark.parametrize("name", ["bob", "charlie"])
def test_nobody_else_may(database, plan, name):
    database.add(Member(plan_id=plan.id, user_id=person("bob").id, kind=EDITOR))
    with pytest.raises(Forbidden):
        plan.hand_over(person(name), by=person(name))


def test_all_plans_of_a_person(database, pushed):
    plans = [pushed(ONE).plan for _ in range(3)]
    plans[1].archived_at = plans[2].deleted_at = plans[0].created_at
    assert Plan.count_owned(person("alice")) == 3
    assert Plan.hand_over_all(person("alice"), person("bob"), by=person("pam")) == 3
    commit()
    assert {plan.owner_id for plan in plans} == {person("bob").id}
    kinds = database.scalars(sa.select(Event.kind).where(Event.kind == "plan.handed_over"))
    assert len(kinds.all()) == 3


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_all_plans_only_by_those_who_manage(plan, name):
    with pytest.raises(Forbidden):
        Plan.hand_over_all(person("alice"), person("bob"), by=person(name))


@pytest.mark.parametrize("state", ["deactivated", "deleted"])
def test_who_has_left_is_not_told_from_who_never_was(database, state):
    bob = person("bob")
    bob.active = state != "deactivated"
    bob.deleted_at = bob.created_at if state == "deleted" else None
    with pytest.raises(Invalid) as gone:
        User.named("bob@example.com")
    with pytest.raises(Invalid) as absent:
        User.named("nob@example.com")
    assert str(gone.value) == str(absent.value).replace("nob@", "bob@")
