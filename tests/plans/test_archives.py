"""Archives: put away and taken out, by whom, and what a new version does to it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from planpush.database.session import commit, db
from planpush.errors import Forbidden
from planpush.events.event import Event
from planpush.plans.plan import EDITOR, Member
from tests.people import person


def events(plan):
    """The kinds of a plan's events and who caused them, in order."""
    query = sa.select(Event.kind, Event.actor_id).where(Event.plan_id == plan.id)
    return [tuple(row) for row in db.session.execute(query.order_by(Event.id))]


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


def test_a_new_version_takes_it_out_whoever_may_push(pushed):
    plan = pushed({"intro": "<p>One.</p>"}).plan
    plan.archive(by=person("pam"))
    commit()
    pushed({"intro": "<p>Two.</p>"}, plan=plan)
    assert plan.archived_at is None and not plan.archived
    assert events(plan)[-1] == ("plan.unarchived", person("alice").id)
