"""Outlets: how long everything waits after trouble, and what does not count as more of it."""

import math
import threading

import pytest
import sqlalchemy as sa

from planpush.database.session import db
from planpush.notifications.channels import Outlet
from planpush.notifications.delivery_log import send_all_again, try_now
from planpush.notifications.outbox import GATHER, PERSON, Delivery, Route
from tests.people import person


def waits(mail, *, key="hook:1", times=1, **told):
    """Fail so many times, each after all that there was to wait; return the last wait."""
    for _ in range(times):
        Outlet.fails(key, "down", **({"retry_after": None} | told))
        seconds = (mail.outlet(key).held_until - mail.at).total_seconds()
        mail.passes(seconds)
    return seconds


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
