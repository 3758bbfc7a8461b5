"""Claims: one of a lane at a time, nobody starves, and who lost a claim changes nothing."""

import pytest
import sqlalchemy as sa

from planpush.database.session import db
from planpush.notifications.channels import Outlet
from planpush.notifications.leases import (
    Arrived,
    Failed,
    anything_due,
    holds,
    renew,
    settle,
)
from planpush.notifications.outbox import EACH
from tests.conftest import ON_POSTGRES, at_once


def several(mail, count, **route):
    return [mail.queue(lane=f"lane{n}", **route) for n in range(count)]


def test_one_of_a_lane_at_a_time_in_order_whoever_claims(mail):
    told = [mail.queue(manner=EACH) for _ in range(3)]
    for _ in told:
        (one,) = mail.claim("w1") + mail.claim("w2")
        mail.send(one)
        mail.settle(one)
    assert [one.events[0] for one in mail.told] == told


def test_a_slow_outlet_has_eight_under_way_all_workers_together(mail):
    several(mail, 30)
    found = [len(mail.claim(f"w{n}")) for n in range(3)]
    assert found == [8, 0, 0]
    assert not anything_due()
    assert len(mail.claim("w9", most=4)) == 0


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


def test_a_claim_of_a_worker_that_died_is_another_ones_in_twenty_seconds(mail):
    mail.queue()
    (lost,) = mail.claim("w1")
    mail.passes(20)
    assert mail.claim("w2") == []
    mail.passes(0.1)
    (found,) = mail.claim("w2")
    assert (lost.unsure, found.unsure, found.id) == (False, True, lost.id)


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


def test_a_thousand_that_wait_for_a_slow_outlet_starve_no_other(mail):
    several(mail, 60, outlet="slack")
    mail.passes(1)
    mail.queue(lane="z", outlet="hook:9")
    assert [one.outlet for one in mail.claim()] == ["slack", "hook:9"]
