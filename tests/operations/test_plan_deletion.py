"""Deleted plans: after thirty days they are purged in short transactions, and nothing is left."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.comments.drafts import Draft, Unsent
from planpush.comments.thread import Thread
from planpush.dashboard.search_index import forget_words
from planpush.database.session import commit, db, now
from planpush.document.anchoring.target import Place
from planpush.events.event import Event
from planpush.notifications.outbox import DeliveryEvent
from planpush.notifications.webhooks import Wanted, Webhook
from planpush.operations import plan_deletion
from planpush.plans.plan import PUBLISHED, Plan
from planpush.plans.section import Section
from planpush.privacy.erasure import Erasure, erase
from planpush.reviews import reviewers
from planpush.server.worker import CLEAR_EVERY, Worker
from tests.people import person
from tests.stored import everything

WORD = "Quuxly"


@pytest.fixture
def plan(pushed):
    """A plan with two versions, threads, a draft, a message on its way, and a former title."""
    first = {"intro": f"<h2>Intro</h2><p>{WORD}.</p>", "more": "<h2>More</h2><p>Words.</p>"}
    plan = pushed(first, visibility=PUBLISHED).plan
    wanted = Wanted("Bot", "https://x.example/in", ["comment.added"])
    Webhook.add(wanted, "https://x.example", by=person("ada"))
    reviewers.ask(plan, person("bob"), by=person("alice"))
    for number in range(3):
        place = {"on": 1, "shown": 1, "blocking": False, "via": ""}
        Thread.open(plan, Place(anchor="intro"), f"{WORD} {number}", by=person("bob"), **place)
    thread = db.session.scalars(sa.select(Thread)).first()
    thread.comment(f"@Alice {WORD}", by=person("bob")).edit(f"{WORD} @Alice", by=person("bob"))
    Draft.save(plan, "new", Unsent(WORD, "key1"), by=person("bob"))
    commit()
    return pushed({"intro": None, "more": f"<h2>More</h2><p>{WORD}!</p>"}, plan).plan


def let_go_by(time):
    """Let so much time go by since a plan was deleted."""
    db.session.execute(sa.update(Plan).where(Plan.deleted_at.is_not(None)).values(
        deleted_at=now() - time))  # fmt: skip
    commit()


def purge(after=plan_deletion.KEPT):
    """Let so much time go by, then do what a worker does; return the pieces that it took."""
    let_go_by(after)
    pieces = 0
    while plan_deletion.purge_some() is not False:
        commit()
        pieces += 1
    commit()
    return pieces


def count(kind):
    return db.session.scalar(sa.select(sa.func.count()).select_from(kind))


def test_a_plan_goes_for_good_with_all_that_hangs_on_it(plan, pushed):
    other = pushed({"intro": "<h2>Other</h2>"}).plan
    plan_id, before = plan.id, count(Event)
    plan_deletion.remove(plan, by=person("alice"))
    assert purge() > 5
    for table in db.metadata.sorted_tables:
        if "plan_id" in table.c:
            left = sa.select(sa.func.count()).where(table.c.plan_id == plan_id)
            assert db.session.scalar(left) == 0, table.name
    assert (count(Plan), count(Thread), count(DeliveryEvent)) == (1, 0, 0)
    assert db.session.scalars(sa.select(Section.plan_id)).all() == [other.id]
    assert count(Event) > before
    commit()
    forget_words()
    assert not [one for one in everything() if WORD.lower() in one[2].lower()]


def test_until_then_nothing_is_taken_and_it_comes_back_whole(plan, dump):
    plan_deletion.remove(plan, by=person("alice"))
    assert purge(plan_deletion.KEPT - timedelta(minutes=1)) == 0
    assert plan_deletion.listed(person("alice")) == [plan]
    plan_deletion.bring_back(plan.slug, by=person("ada"))
    commit()
    assert plan.deleted_at is None and count(Thread) == 3


def test_the_worker_purges_and_erases_a_little_at_a_time_until_nothing_is_left(app, plan):
    plan_deletion.remove(plan, by=person("alice"))
    erase(person("bob"), by=None)
    let_go_by(plan_deletion.KEPT)
    worker, turns = Worker(app), 1
    while worker.clear() != CLEAR_EVERY:
        turns += 1
        assert turns < 1_000
    assert count(Plan) == count(Thread) == 0
    assert db.session.scalars(sa.select(Erasure)).one().done_at is not None
    assert not [one for one in everything() if WORD.lower() in one[2].lower()]
