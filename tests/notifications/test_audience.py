"""Whom an event concerns, why, and how each of them is told."""

import pytest
import sqlalchemy as sa

from planpush.accounts.user import User
from planpush.database.session import commit, db, now
from planpush.document.anchoring.target import Place
from planpush.notifications.notices import Mute, Notice
from planpush.notifications.outbox import Delivery
from planpush.plans.plan import EDITOR, PUBLISHED, REVIEWER, Member
from planpush.settings.store import forget as settings_anew
from tests.people import person

PAGE = {"intro": "<p>Tokens rotate.</p>"}


@pytest.fixture
def plan(pushed):
    """A published plan of alice's; bob was asked to review it, pam edits it."""
    found = pushed(PAGE, visibility=PUBLISHED).plan
    for name, kind in (("bob", REVIEWER), ("pam", EDITOR)):
        db.session.add(Member(plan_id=found.id, user_id=person(name).id, kind=kind))
    commit()
    return found


@pytest.fixture
def opened(plan):
    """A thread that charlie opened on it."""
    thread = plan.open_thread(Place(), "Why?", by=person("charlie"), on=1)
    commit()
    forget()
    return thread


def forget():
    db.session.execute(sa.delete(Notice))
    commit()


def told():
    """Who has a notice, and why: {"bob": ["mention"]}."""
    found = sa.select(User.name, Notice.kind).join(Notice, Notice.user_id == User.id)
    names = {}
    for name, kind in db.session.execute(found.order_by(Notice.id)):
        names.setdefault(name.lower(), []).append(kind)
    return names


def say(thread, by, body="Because.", **told):
    added = thread.comment(body, by=person(by), **told)
    commit()
    return added


def test_a_new_thread_is_told_once_to_those_who_own_and_edit(plan):
    plan.open_thread(Place(), "Why?", by=person("bob"), on=1)
    commit()
    assert told() == {"alice": ["comment"], "pam": ["comment"]}


def test_the_strongest_reason_is_the_only_one(opened):
    say(opened, "alice")
    forget()
    say(opened, "bob", "@charlie and @alice: see above")
    assert told() == {"charlie": ["mention"], "alice": ["mention"], "pam": ["comment"]}


def test_an_agent_acts_for_its_user_who_is_not_told(opened):
    say(opened, "charlie", "@charlie, says my agent", via="agent")
    assert told() == {"alice": ["comment"], "pam": ["comment"]}


def test_the_deactivated_and_the_deleted_are_not_told(plan):
    person("pam").active = False
    person("alice").deleted_at = now()
    commit()
    plan.open_thread(Place(), "@bob?", by=person("charlie"), on=1)
    commit()
    assert told() == {"bob": ["mention"]}


def test_who_may_not_see_the_plan_any_more_hears_nothing(plan, opened):
    plan.unpublish(by=person("alice"))
    commit()
    say(opened, "bob", "@charlie?")
    opened.resolve(by=person("alice"))
    commit()
    both = ["comment", "resolution"]
    assert told() == {"alice": ["comment"], "pam": both, "bob": ["resolution"]}


def test_an_edit_tells_those_whom_it_names_anew(plan):
    said = plan.open_thread(Place(), "@bob?", by=person("charlie"), on=1).comments[0]
    commit()
    forget()
    for body in ("@bob and @ada?", "Nobody?", "@ada, @bob, @alice?"):
        said.edit(body, by=person("charlie"))
        commit()
    # Alice was told of it as a comment on her plan.
    assert told() == {"ada": ["mention"]}


def test_a_muted_plan_tells_mentions_only_and_not_by_slack(plan, opened, slack):
    for name in ("alice", "bob"):
        Mute.add(person(name), plan)
    say(opened, "bob", "@alice, @pam")
    opened.resolve(by=person("charlie"))
    commit()
    assert told() == {
        "alice": ["mention"], "pam": ["mention", "resolution"], "charlie": ["turn"],
    }  # fmt: skip
    assert slack() == {"pam": "talk", "charlie": "talk"}


@pytest.fixture
def slack(app, plan):
    """Whom Slack writes to, and about which topics; a bot is set up."""
    app.extensions["planpush_config"].fixed["slack_bot_token"] = "xoxb-test"
    settings_anew()

    def read():
        found = sa.select(User.name, Delivery.topics).join(Delivery, Delivery.user_id == User.id)
        return {name.lower(): topics for name, topics in db.session.execute(found)}

    return read


def test_slack_writes_to_people_about_published_plans_only(plan, opened, slack):
    say(opened, "alice", "@bob?")
    assert slack() == {"charlie": "talk", "bob": "talk"}
    db.session.execute(sa.delete(Delivery))
    plan.unpublish(by=person("alice"))
    commit()
    say(opened, "alice", "@bob?")
    assert slack() == {}
