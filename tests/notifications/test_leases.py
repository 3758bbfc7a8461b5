"""Claims: one of a lane at a time, nobody starves, and who lost a claim changes nothing."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.database.session import db
from planpush.notifications.channels import Outlet
from planpush.notifications.leases import (
    Arrived,
    Dropped,
    Failed,
    anything_due,
    holds,
    renew,
    settle,
)
from planpush.notifications.outbox import EACH, GATHER
from tests.conftest import ON_POSTGRES, at_once
from tests.notifications.mail import Mail


@pytest.fixture
def mail(database, monkeypatch):
    return Mail(monkeypatch)


def several(mail, count, **route):
    return [mail.queue(lane=f"lane{n}", **route) for n in range(count)]


def test_one_of_a_lane_at_a_time_in_order_whoever_claims(mail):
    told = [mail.queue(manner=EACH) for _ in range(3)]
    for _ in told:
        (one,) = mail.claim("w1") + mail.claim("w2")
        mail.send(one)
        mail.settle(one)
    assert [one.events[0] for one in mail.told] == told


@pytest.mark.parametrize("outcome", [Failed("no", final=True), Dropped("hidden")])
def test_what_is_dead_or_dropped_holds_up_nothing(mail, outcome):
    mail.queue(manner=EACH)
    second = mail.queue(manner=EACH)
    (one,) = mail.claim()
    mail.settle(one, outcome)
    mail.deliver()
    assert [one.events for one in mail.told] == [(second,)]


def test_a_thousand_that_wait_for_a_slow_outlet_starve_no_other(mail):
    several(mail, 60, outlet="slack")
    mail.passes(1)
    mail.queue(lane="z", outlet="hook:9")
    assert [one.outlet for one in mail.claim()] == ["slack", "hook:9"]


def test_a_slow_outlet_has_eight_under_way_all_workers_together(mail):
    several(mail, 30)
    found = [len(mail.claim(f"w{n}")) for n in range(3)]
    assert found == [8, 0, 0]
    assert not anything_due()
    assert len(mail.claim("w9", most=4)) == 0


def test_a_worker_that_is_almost_busy_gives_one_outlet_half_of_what_is_left(mail):
    for key in ("hook:1", "hook:2", "hook:3"):
        several(mail, 9, outlet=key) if key == "hook:1" else mail.queue(lane=key, outlet=key)
    assert [one.outlet for one in mail.claim(most=4)] == ["hook:1", "hook:1", "hook:2", "hook:3"]


@pytest.mark.parametrize("trouble", [Failed("down"), Failed("slow", unsure=True)])
def test_an_outlet_in_trouble_is_tried_by_one_at_a_time(mail, trouble):
    several(mail, 20)
    first = mail.claim()
    for one in first:
        mail.settle(one, trouble)
    assert mail.claim() == [] and not anything_due()
    mail.passes(3)  # they were under way together: that is one trouble, not eight
    (probe,) = mail.claim("w1")
    assert mail.claim("w2") == [] and not anything_due()
    mail.settle(probe)
    assert len(mail.claim("w2")) == 8


def test_who_failed_lets_others_of_its_outlet_go_first(mail):
    several(mail, 2)
    (first, other) = mail.claim()
    mail.settle(other, Failed("down"))
    mail.settle(first, Failed("down"))
    mail.passes(3)
    (probe,) = mail.claim()
    mail.settle(probe, Failed("down"))
    mail.passes(5)
    assert {probe.id, *(one.id for one in mail.claim())} == {first.id, other.id}


def test_an_outage_of_two_days_kills_nothing_and_ends_within_a_minute(mail):
    several(mail, 3)
    for _ in range(20):
        for one in mail.claim():
            mail.settle(one, Failed("down"))
        mail.passes(60)
    mail.passes(2 * 86_400)
    assert len(mail.waiting()) == 3
    mail.deliver()
    mail.passes(60)
    mail.deliver()
    assert len(mail.told) == 3


@pytest.mark.parametrize(("whole", "most"), [(False, 8), (True, 30)])
def test_what_fails_alone_again_and_again_dies_and_frees_its_lane(mail, whole, most):
    mail.queue(manner=EACH)
    after = mail.queue(manner=EACH)
    for n in range(most):
        (one,) = mail.claim()
        mail.settle(one, Failed("no", whole=whole))
        assert (mail.row(one.id).state == "dead") == (n == most - 1)
        Outlet.works("hook:1")  # for others it does
        db.session.commit()
        mail.passes(61)
    mail.drain()
    assert [one.events for one in mail.told] == [(after,)]


@pytest.mark.parametrize("outcome", [Failed("no", final=True), Dropped("hidden"), Arrived()])
def test_what_joins_in_the_last_moment_is_not_swallowed(mail, outcome):
    mail.queue()
    (one,) = mail.claim()
    mail.queue()
    mail.settle(one, outcome)
    mail.drain()
    assert [len(one.events) for one in mail.told] == [2]


def test_a_claim_of_a_worker_that_died_is_another_ones_in_twenty_seconds(mail):
    mail.queue()
    (lost,) = mail.claim("w1")
    mail.passes(20)
    assert mail.claim("w2") == []
    mail.passes(0.1)
    (found,) = mail.claim("w2")
    assert (lost.unsure, found.unsure, found.id) == (False, True, lost.id)


def test_many_that_answer_slowly_do_not_keep_what_becomes_free(mail):
    for n in range(160):
        mail.queue(f"{n}", outlet=f"hook:{n // 20}", manner=EACH)
    flying = mail.claim()
    mail.passes(1)
    mail.queue("s", outlet="slack")
    mail.passes(1)
    mail.settle(flying.pop())
    found = [one.outlet for _ in range(3) for one in mail.claim(most=1)]
    assert len(flying) == 31 and found == ["hook:6", "hook:7", "slack"]


def test_a_long_lane_is_never_joined_with_itself(mail):
    """Who is first is asked for each by itself: 10,000 of one lane took PostgreSQL 11 seconds."""
    mail.queue(manner=EACH)
    seen = []

    def note(_connection, _cursor, statement, given, *_):
        seen.append((statement, given))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    mail.claim()
    sa.event.remove(db.engine, "before_cursor_execute", note)
    (found,) = [one for one in seen if "min(deliveries_1.id)" in one[0]]
    explain, alone = ("EXPLAIN ", "SubPlan") if ON_POSTGRES else ("EXPLAIN QUERY PLAN ", "SCALAR")
    rows = db.session.connection().exec_driver_sql(explain + found[0], found[1])
    assert alone in str(rows.all())


def test_a_sign_of_life_keeps_a_claim(mail):
    mail.queue()
    (one,) = mail.claim("w1")
    for _ in range(5):
        mail.passes(15)
        renew("w1", [one.id])
        renew("w2", [one.id])
        db.session.commit()
        assert mail.claim("w2") == []
    mail.passes(21)
    assert not holds(one)
    renew("w2", [one.id])
    assert len(mail.claim("w2")) == 1


def test_who_was_stopped_too_long_neither_sends_nor_settles(mail):
    mail.queue()
    (lost,) = mail.claim("w1")
    assert holds(lost)
    mail.passes(21)
    assert not holds(lost)
    (found,) = mail.claim("w2")
    mail.settle(lost, Failed("late", final=True))
    assert (mail.row(found.id).claimed_by, mail.row(found.id).state) == ("w2", "waiting")
    assert mail.row(found.id).reason == ""
    mail.settle(found)
    assert mail.row(found.id).state == "sent"


def test_a_worker_does_not_claim_what_it_is_still_sending(mail):
    mail.queue()
    (one,) = mail.claim("w1")
    mail.passes(60)
    assert mail.claim("w1", flying=[one.id]) == []


def test_a_delivery_that_is_no_more_settles_as_well(mail):
    mail.queue()
    (one,) = mail.claim()
    mail.reset()
    mail.settle(one, Failed("down"))


@pytest.mark.parametrize("state", ["paused", "held", "paced"])
def test_a_closed_outlet_sends_nothing_and_nobody_locks_anything_for_it(mail, state):
    several(mail, 3, outlet="slack", manner=GATHER)
    row, later = Outlet.of("slack"), mail.at + timedelta(seconds=5)
    row.paused = state == "paused"
    row.held_until = later if state == "held" else None
    row.free_at = later if state == "paced" else None
    db.session.commit()
    assert not anything_due() and mail.claim() == []
    row.hold(paused=False)
    row.free_at = None
    db.session.commit()
    assert anything_due() and len(mail.claim()) == 1


def test_what_is_noted_is_text_that_every_database_takes(mail):
    mail.queue()
    (one,) = mail.claim()
    mail.settle(one, Failed("nul\0 " + "x" * 900, whole=False))
    assert len(mail.row(one.id).reason) == 500


def test_what_a_request_has_locked_is_settled_later(mail, app):
    if not ON_POSTGRES:
        return  # one transaction writes at a time: there is nothing to wait for
    mail.queue()
    (one,) = mail.claim()
    with db.engine.connect() as other:
        other.execute(sa.text("SELECT id FROM deliveries FOR UPDATE"))
        assert not settle(one, Arrived())
        renew("w", [one.id])
    mail.settle(one)


def test_workers_at_once_send_each_once(mail, app):
    several(mail, 24, manner=EACH)
    db.session.remove()

    def work(n):
        found = []
        with app.app_context():
            while anything_due():
                for one in mail.claim(f"w{n}"):
                    found.append(one.id)
                    mail.settle(one)
                db.session.rollback()
        return found

    sent = [one for found in at_once(4, work) for one in found]
    assert len(sent) == len(set(sent)) == 24
