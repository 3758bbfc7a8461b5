"""The permission table says what the lookups do: one role after another, on a stranger's plan."""

import pytest

from planpush.accounts.groups import GroupRole
from planpush.accounts.permissions import allowed
from planpush.accounts.user import User
from planpush.database.session import commit
from planpush.errors import Forbidden, NotFound
from planpush.plans.plan import Plan
from planpush.setting_specs import ROLES
from planpush.settings.store import Setting
from planpush.versions.purge import purge
from planpush.versions.push import push_new
from planpush.versions.request import Push, SectionPush
from tests.people import person

HOLDERS = {"admin": "ada", "project_manager": "pam", "developer": "charlie", "qa": "bob"}


@pytest.fixture
def plan(pushed):
    """A plan of alice's in two versions, published; it is nobody else's."""
    made = pushed({"intro": "<p>One.</p>"}).plan
    pushed({"intro": "<p>Two.</p>"}, made)
    made.publish(by=person("alice"))
    commit()
    return made


def find_private(plan, user):
    plan.unpublish(by=person("alice"))
    Plan.find(plan.slug, user)


def must(answer):
    """Raise as a refusal does, where a rule answers yes or no."""
    if not answer:
        raise Forbidden


ACTS = {
    "plans.see_published": lambda plan, user: Plan.find(plan.slug, user),
    "plans.see_all": find_private,
    "plans.start": lambda _, user: push_new(
        Push([SectionPush("a", "<p>A</p>")], title="Mine"), by=user
    ),
    "versions.push": lambda plan, user: must(plan.pushable_by(user)),
    "threads.resolve": lambda plan, user: must(plan.resolvable_by(user, plan.owner_id)),
    "plans.manage": lambda plan, user: plan.unpublish(by=user),
    "versions.purge": lambda plan, user: purge(plan, [1], by=user),
    "people.manage": lambda plan, user: must(User.manageable_by(user, plan.owner_id)),
    "roles.map": lambda _, user: GroupRole.put("devs", "developer", by=user),
    "settings.change": lambda _, user: Setting.change({"slack_channel": "#x"}, by=user),
}


def refused(name, plan, user):
    try:
        ACTS[name](plan, user)
    except (Forbidden, NotFound):
        return True
    return False


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_the_table_says_and_no_more(database, plan, role):
    user = person(HOLDERS[role])
    assert user.roles == [role]
    for name in ACTS:
        assert refused(name, plan, user) is not allowed([role], name), name
        database.rollback()


def test_without_a_role_nobody_may_do_anything(database, plan):
    nobody = User.add("none@example.com", name="None", roles=[])
    commit()
    for name in ACTS:
        assert refused(name, plan, nobody), name
        database.rollback()


def test_20_roles_are_a_set_and_the_highest_is_shown(database):
    both = User.add("both@example.com", name="Both", roles=["qa", "project_manager"])
    assert both.role == "Project manager" and both.may("plans.manage")
    assert not both.may("people.manage")
