"""Bursts collapse, order holds, and whatever happens in between nothing is lost or told twice."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planpush.comments.comment import Comment
from planpush.comments.thread import Thread
from planpush.database.session import db
from planpush.notifications.leases import LEASE, Failed
from planpush.notifications.outbox import (
    EACH,
    GATHER,
    GROW,
    STATE,
    TALK,
    VERSION,
    Delivery,
    DeliveryEvent,
)
from tests.people import person


def burst(mail, manner, times, topics=(TALK,)):
    """Let something happen at each of some seconds, deliver all along, and at the end the rest."""
    begun, seconds = mail.at, 0
    step = 1 if times[-1] < 60 else 5 if times[-1] < 600 else 10
    for n, at in enumerate(times):
        while seconds < at:
            seconds += step
            mail.at = begun + timedelta(seconds=seconds)
            mail.deliver()
        mail.queue(topic=topics[n % len(topics)], manner=manner)
    mail.drain()


@pytest.mark.long
@pytest.mark.parametrize(
    ("manner", "times", "messages"),
    [
        (GROW, range(0, 300, 10), 1),  # thirty comments in five minutes
        (GROW, [0] * 30, 1),
        (GROW, [0, 290, 310], 2),  # it grows for five minutes, not for ever
        (GROW, range(0, 1_800, 60), 6),
        (GATHER, [0], 1),
        (GATHER, [0, 1, 2, 3], 2),
        (GATHER, range(0, 300, 10), 5),
        (GATHER, range(0, 1_800, 30), 10),  # half an hour of talk: one in five minutes
        (GATHER, [0, 400, 800], 3),  # who is quiet for a while is heard at once
        (EACH, range(0, 300, 10), 30),
    ],
)
def test_a_burst_is_few_messages_and_tells_all(mail, manner, times, messages):
    burst(mail, manner, times)
    assert len({one.delivery for one in mail.told}) == messages
    last = {one.delivery: one.events for one in mail.told}
    assert sum(len(events) for events in last.values()) == len(times)


@pytest.mark.parametrize("manner", [GROW, GATHER])
def test_an_outage_is_told_in_one_message_of_a_lane(mail, manner):
    mail.queue(manner=manner)
    (one,) = mail.claim()
    mail.settle(one, Failed("refused"))
    for _ in range(40):
        mail.passes(30)
        mail.queue(manner=manner)
    mail.drain()
    assert [len(one.events) for one in mail.told] == [41]


@pytest.mark.parametrize("manner", [GROW, GATHER])
@pytest.mark.parametrize("read_first", [True, False])
def test_what_joins_while_a_message_is_sent_is_told(mail, manner, read_first):
    first = mail.queue(manner=manner)
    (one,) = mail.claim()
    if read_first:
        mail.send(one)
    second = mail.queue(manner=manner)
    if not read_first:
        mail.send(one)
    mail.settle(one)
    mail.drain()
    assert {event for one in mail.told for event in one.events} == {first, second}


def comment(mail, event):
    """Return the comment that an event's message tells."""
    found = db.session.scalar(sa.select(sa.func.max(Comment.id))) or written(mail.plan_id)
    row = db.session.scalars(sa.select(DeliveryEvent).filter_by(event_id=event)).one()
    row.comment_id = found
    db.session.flush()
    return found


def written(plan_id):
    thread = Thread(plan_id=plan_id, kind="plan", opened_on=1, opened_by_id=person("bob").id)
    db.session.add(thread)
    db.session.flush()
    made = Comment(
        plan_id=thread.plan_id, thread_id=thread.id, author_id=person("bob").id, kept="Words"
    )
    db.session.add(made)
    db.session.flush()
    return made.id


def test_what_waits_for_three_days_is_dead_and_says_so(mail):
    mail.queue()
    mail.passes(3 * 86_400 + 1)
    Delivery.sweep()
    db.session.commit()
    row = db.session.scalars(sa.select(Delivery)).one()
    assert (row.state, row.reason) == ("dead", "It could not leave for three days")


STEP = st.one_of(
    st.tuples(st.just("queue"), st.integers(0, 2), st.sampled_from([TALK, STATE, VERSION])),
    st.tuples(st.just("claim"), st.integers(0, 1), st.integers(1, 4)),
    st.tuples(st.sampled_from(["send", "arrive", "fail", "refuse", "die"]), st.integers(0, 3)),
    st.tuples(st.just("pass"), st.sampled_from([0.1, 1, 5, 25, 400])),
)


class Act:
    """Two workers on three lanes, which do as they are told: what is `live` they are sending."""

    def __init__(self, mail, manner):
        self.mail, self.manner, self.live, self.sent = mail, manner, [], set()
        self.queued = []

    def queue(self, lane, topic):
        topic = topic if self.manner != EACH else TALK
        self.queued.append(self.mail.queue(f"lane{lane}", topic, self.manner))

    def claim(self, worker, most):
        mine = [one.id for one, _ in self.live if one.worker == f"w{worker}"]
        for one in self.mail.claim(f"w{worker}", most, mine):
            self.live.append((one, self.mail.at + LEASE))
        lanes = [self.mail.row(one.id).lane for one, ends in self.live if ends > self.mail.at]
        assert len(lanes) == len(set(lanes))

    def send(self, n):
        for one, ends in self.live[n : n + 1]:
            if one not in self.sent and ends > self.mail.at:
                self.mail.send(one)
                self.sent.add(one)

    def arrive(self, n):
        self.send(n)
        self._end(n, lambda sent: None if sent else Failed("late"))

    def fail(self, n):
        self._end(n, lambda sent: Failed("down", unsure=sent))

    def refuse(self, n):
        self._end(n, lambda sent: Failed("no", whole=False, unsure=sent))

    def die(self, n):
        del self.live[n : n + 1]

    def _end(self, n, outcome):
        for one, _ in self.live[n : n + 1]:
            self.mail.settle(one, outcome(one in self.sent))
        self.die(n)


@pytest.mark.parametrize("manner", [GROW, GATHER, EACH])
def test_law_nothing_is_lost_reordered_or_told_twice(mail, manner, monkeypatch):
    monkeypatch.setattr("planpush.notifications.leases._MOST_ATTEMPTS", 10**6)
    monkeypatch.setattr("planpush.notifications.leases._MOST_ALONE", 10**6)

    @settings(
        max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(st.lists(STEP, min_size=5, max_size=30))
    def law(steps):
        mail.reset()
        act = Act(mail, manner)
        for name, *told in steps:
            (mail.passes if name == "pass" else getattr(act, name))(*told)
        mail.passes(60)
        mail.drain()
        check(mail, act.queued)

    law()


def check(mail, queued):
    """All is told; each lane's messages came in order; only what is unsure was told again."""
    assert sorted({event for one in mail.told for event in one.events}) == queued
    newest, came = {}, {}
    for one in mail.told:
        known = newest.get(one.delivery)
        assert known is None or one.revision > known or one.unsure
        if known is None:
            assert came.get(one.lane, 0) < one.delivery
            came[one.lane] = one.delivery
        newest[one.delivery] = max(one.revision, known or 0)
