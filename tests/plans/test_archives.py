"""Archives: put away and taken out, by whom, and what a new version does to it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from planpush.dashboard.listing import list_plans
from planpush.database.session import commit, db
from planpush.errors import Forbidden
from planpush.events.event import Event
from planpush.notifications.notices import Notice
from planpush.plans.plan import EDITOR, Member
from planpush.plans.visits import Visit
from tests.people import person


def events(plan):
    """The kinds of a plan's events and who caused them, in order."""
    query = sa.select(Event.kind, Event.actor_id).where(Event.plan_id == plan.id)
    return [tuple(row) for row in db.session.execute(query.order_by(Event.id))]


def titles(name, q):
    """What somebody's list holds."""
    return [plan.title for plan in list_plans(person(name), q=q).plans]


@pytest.mark.parametrize("name", ["alice", "ada", "pam"])
def test_owner_admin_and_project_manager_archive_and_take_out(pushed, name):
    plan, somebody = pushed({"intro": "<p>One.</p>"}).plan, person(name)
    plan.archive(by=somebody)
    commit()
    assert plan.archived_at is not None and plan.archived
    plan.unarchive(by=somebody)
    commit()
    assert plan.archived_at is None and not plan.archived
    assert events(plan)[-2:] == [
        ("plan.archived", somebody.id),
        ("plan.unarchived", somebody.id),
    ]


@pytest.mark.parametrize("verb", ["archive", "unarchive", "publish", "unpublish"])
def test_an_editor_may_push_and_no_more(pushed, verb):
    plan = pushed({"intro": "<p>One.</p>"}).plan
    db.session.add(Member(plan_id=plan.id, user_id=person("bob").id, kind=EDITOR))
    commit()
    with pytest.raises(Forbidden):
        getattr(plan, verb)(by=person("bob"))


def test_twice_is_recorded_once(pushed):
    plan = pushed({"intro": "<p>One.</p>"}).plan
    plan.unarchive(by=person("alice"))
    plan.archive(by=person("alice"))
    at = plan.archived_at
    plan.archive(by=person("ada"))
    commit()
    assert plan.archived_at == at
    assert [kind for kind, _ in events(plan)].count("plan.archived") == 1
    assert "plan.unarchived" not in [kind for kind, _ in events(plan)]


def test_lists_leave_it_out_until_they_are_asked(pushed):
    plan = pushed({"intro": "<p>One.</p>"}).plan
    plan.archive(by=person("alice"))
    commit()
    assert (titles("alice", ""), titles("alice", "is:archived")) == ([], ["Plan"])


def test_it_moves_no_plan_up_and_tells_nobody(pushed):
    plan = pushed({"intro": "<p>One.</p>"}).plan
    db.session.add(Member(plan_id=plan.id, user_id=person("bob").id, kind=EDITOR))
    seen = db.session.scalars(sa.select(Visit.at)).all()
    before = plan.active_at
    plan.archive(by=person("pam"))
    commit()
    db.session.expire_all()
    assert plan.active_at == before
    assert db.session.scalars(sa.select(Notice.id)).all() == []
    assert db.session.scalars(sa.select(Visit.at)).all() == seen


def test_a_new_version_takes_it_out_whoever_may_push(pushed):
    plan = pushed({"intro": "<p>One.</p>"}).plan
    plan.archive(by=person("pam"))
    commit()
    pushed({"intro": "<p>Two.</p>"}, plan=plan)
    assert plan.archived_at is None and not plan.archived
    assert events(plan)[-1] == ("plan.unarchived", person("alice").id)


def test_the_same_content_again_leaves_it_there(pushed):
    plan = pushed({"intro": "<p>One.</p>"}).plan
    plan.archive(by=person("alice"))
    commit()
    assert not pushed({"intro": "<p>One.</p>"}, plan=plan).created
    assert plan.archived
