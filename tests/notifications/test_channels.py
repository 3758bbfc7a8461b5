"""Outlets: how long everything waits after trouble, and what does not count as more of it."""

import math
import threading

import pytest
import sqlalchemy as sa

from planpush.database.session import db
from planpush.notifications.channels import Outlet, pause
from planpush.notifications.delivery_log import send_all_again, try_now
from planpush.notifications.outbox import GATHER, PERSON, Delivery, Route
from tests.notifications.mail import Mail
from tests.people import person


@pytest.fixture
def mail(database, monkeypatch):
    return Mail(monkeypatch)


def waits(mail, *, key="hook:1", times=1, **told):
    """Fail so many times, each after all that there was to wait; return the last wait."""
    for _ in range(times):
        Outlet.fails(key, "down", **({"retry_after": None} | told))
        seconds = (mail.outlet(key).held_until - mail.at).total_seconds()
        mail.passes(seconds)
    return seconds


def test_ten_minutes_of_trouble_end_no_later_than_one():
    for failures in range(1, 2_000):
        assert min(60, 2**failures) / 2 <= pause(failures) <= 60


@pytest.mark.parametrize("times", [1, 3, 10, 100])
def test_it_waits_ever_longer_but_never_more_than_a_minute(mail, times):
    most = min(60, 2**times)
    assert most / 2 <= waits(mail, times=times) <= most


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        (0, 1, 2), (1, 1, 2), (30, 30, 31), (3_600, 3_600, 3_601), (10**9, 3_600, 3_601),
        (-5, 1, 2), (math.nan, 1, 2), (math.inf, 1, 2), (-math.inf, 1, 2),
    ],
)  # fmt: skip
def test_it_waits_as_long_as_it_is_asked_within_reason(mail, asked, least, most):
    assert least <= waits(mail, retry_after=asked) <= most


def test_zero_again_and_again_is_no_reason_to_hammer(mail):
    assert waits(mail, times=20, retry_after=0) >= 4


def test_several_that_fail_together_are_one_trouble(mail):
    for _ in range(8):
        Outlet.fails("hook:1", "down", retry_after=None)
    assert mail.outlet().failures == 1
    assert (mail.outlet().held_until - mail.at).total_seconds() <= 2


def test_a_short_wait_does_not_shorten_a_long_one(mail):
    Outlet.fails("hook:1", "wait", retry_after=600)
    Outlet.fails("hook:1", "down", retry_after=None)
    Outlet.fails("hook:1", "wait", retry_after=1)
    assert (mail.outlet().held_until - mail.at).total_seconds() >= 600


def test_trouble_is_told_since_when_and_forgotten_when_it_works(mail):
    begun = mail.at
    waits(mail, times=3)
    row = mail.outlet()
    assert (row.failures, row.reason, row.failing_since) == (3, "down", begun)
    Outlet.works("hook:1")
    row = mail.outlet()
    assert (row.failures, row.reason, row.failing_since, row.held_until) == (0, "", None, None)


def test_who_goes_on_is_tried_at_once(mail):
    Outlet.fails("hook:1", "wait", retry_after=600)
    mail.outlet().hold(paused=True)
    assert mail.outlet().is_closed(mail.at)
    mail.outlet().hold(paused=False)
    assert not mail.outlet().is_closed(mail.at)


@pytest.mark.parametrize(("key", "limited", "pace"), [
    ("slack", False, 0.5), ("slack:C2", False, 0.5), ("slack", True, 1.1), ("hook:1", False, None),
])  # fmt: skip
def test_slack_has_a_pace_a_slower_one_after_it_asked_to_wait(mail, key, limited, pace):
    if limited:
        waits(mail, key=key, retry_after=1)
        Outlet.works(key)
    Outlet.of(key).take_turn(mail.at)
    free = mail.outlet(key).free_at
    assert (free and (free - mail.at).total_seconds()) == pace
    db.session.rollback()


@pytest.mark.parametrize("act", [try_now, send_all_again])
def test_an_admin_and_a_request_never_wait_for_each_other(app, mail, act):
    """On PostgreSQL a deadlock failed one of them: each held what the other was about to lock."""
    for lane in ("a", "b"):
        mail.queue(lane, outlet="slackdm")
    state = "dead" if act is send_all_again else "waiting"
    db.session.execute(sa.update(Delivery).values(attempts=1, state=state))
    db.session.commit()

    def press():
        with app.app_context():
            act("slackdm", by=person("ada"))
            db.session.commit()

    pressing = threading.Thread(target=press)
    for lane in ("b", "a"):
        Delivery._recent(Route(PERSON, "slackdm", lane, GATHER, mail.plan_id), mail.at)
        if lane == "b":
            pressing.start()
            pressing.join(0.3)
    db.session.commit()
    pressing.join()
    assert mail.outlet("slackdm").held_until is None
