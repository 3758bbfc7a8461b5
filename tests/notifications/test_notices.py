"""Notices: how they grow, who may read them, and when they are forgotten."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from planpush.accounts.user import User
from planpush.database.session import commit, db, now
from planpush.document.anchoring.target import Place
from planpush.errors import NotFound
from planpush.notifications.inbox import Inbox
from planpush.notifications.notices import Mute, Notice
from planpush.notifications.outbox import Delivery
from planpush.operations.retention import sweep
from planpush.plans.plan import PUBLISHED, REVIEWER, Member
from planpush.settings.store import forget as settings_anew
from tests.people import person


@pytest.fixture
def plan(pushed):
    return pushed({"intro": "<p>Tokens rotate.</p>"}, visibility=PUBLISHED).plan


@pytest.fixture
def thread(plan):
    opened = plan.open_thread(Place(), "One", by=person("bob"), on=1)
    commit()
    return opened


def say(thread, body, by="bob"):
    said = thread.comment(body, by=person(by))
    commit()
    return said


def notices(name="alice"):
    query = sa.select(Notice).where(Notice.user_id == person(name).id).order_by(Notice.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def unread(name="alice"):
    return db.session.scalar(sa.select(Notice.count_unread(person(name))))


def test_an_unread_notice_grows(thread):
    said = say(thread, "Two", by="charlie")
    (one,) = notices()
    assert (one.count, one.comment_id, one.actor_id) == (2, said.id, person("charlie").id)
    assert unread() == 1


def test_what_one_may_not_see_any_more_is_not_counted_shown_or_found(plan, thread):
    say(thread, "@charlie?")
    (one,), charlie = notices("charlie"), person("charlie")
    assert unread("charlie") == 1 and Inbox.of(charlie).newest
    plan.unpublish(by=person("alice"))
    commit()
    assert unread("charlie") == 0 and not Inbox.of(charlie).lines
    with pytest.raises(NotFound):
        Notice.find(charlie, one.id)
    Notice.read_all(charlie, until=10**6)
    plan.publish(by=person("alice"))
    commit()
    assert unread("charlie") == 1


def test_a_muted_plan_that_one_may_not_see_is_not_named(plan):
    charlie = person("charlie")
    Mute.add(charlie, plan)
    Mute.add(charlie, plan)
    assert Mute.of(charlie) == [plan]
    plan.unpublish(by=person("alice"))
    commit()
    assert Mute.of(charlie) == []


def test_a_deleted_comment_says_nothing(thread):
    say(thread, "A secret").delete(by=person("bob"))
    commit()
    (line,) = Inbox.of(person("alice")).lines
    assert (line.words, line.deleted, line.more) == ("", True, 1)


@pytest.mark.parametrize(
    ("days", "read", "kept"),
    [(29, True, True), (31, True, False), (31, False, True), (181, False, False)],
)
def test_read_ones_go_after_a_month_and_all_after_half_a_year(thread, days, read, kept):
    (one,), then = notices(), now() - timedelta(days=days)
    one.at, one.read_at = then, then if read else None
    commit()
    sweep()
    commit()
    assert bool(notices()) == kept


def crowd(plan, many):
    people = [
        {
            "email": f"{number}@crowd.test",
            "name": f"P {number}",
            "roles": ["developer"],
            "notify": {"version": {"slack": "now"}},
        }
        for number in range(many)
    ]
    db.session.execute(sa.insert(User), people)
    ids = db.session.scalars(sa.select(User.id).where(User.email.like("%@crowd.test"))).all()
    rows = [{"plan_id": plan.id, "user_id": one, "kind": REVIEWER} for one in ids]
    db.session.execute(sa.insert(Member), rows)
    commit()


def test_many_readers_are_not_many_statements(app, pushed, plan):
    app.extensions["planpush_config"].fixed["slack_bot_token"] = "xoxb-test"
    settings_anew()
    few = statements(lambda: pushed({"intro": "<p>Two.</p>"}, plan))
    crowd(plan, 500)
    assert statements(lambda: pushed({"intro": "<p>Three.</p>"}, plan)) <= few + 6
    assert db.session.scalar(sa.select(sa.func.count(Delivery.id))) == 500
    db.session.execute(sa.update(User).values(notify={}))
    assert statements(lambda: pushed({"intro": "<p>Four.</p>"}, plan)) <= few + 6
    kinds = sa.select(Notice.count, sa.func.count()).where(Notice.kind == "version")
    assert db.session.execute(kinds.group_by(Notice.count)).all() == [(2, 500)]


def statements_of_each(page, shows, name):
    """Count what each list of a person asks, with nothing known before."""
    counts = {}
    for show in shows:
        db.session.expire_all()
        counts[show] = statements(partial(page.of, person(name), show))
    return counts


def statements(call):
    seen = []

    def note(*told):
        seen.append(told[2])

    event.listen(db.engine, "before_cursor_execute", note)
    call()
    event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)
