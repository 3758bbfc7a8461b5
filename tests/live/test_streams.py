"""What an open stream says, and when: names once, and a list's not more often than it should."""

import asyncio
import re
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from planpush.live.hub import ANY_PLAN, PAUSE, Follower, Hub
from planpush.live.subscriptions import PLANS, Crowd, Happening, Onlooker
from tests.apart import finished

BOB, CHARLIE = 5, 6
EVERYBODY, ONE = Crowd(True, frozenset()), Crowd(False, frozenset({BOB}))


def follower(plan_id=ANY_PLAN, user_id=BOB, **told):
    who = Onlooker(user_id, f"{user_id}@example.com", sees_all=False, sees_published=True)
    return Follower(plan_id, 10, 10, 10, who, seen_by_others=True, **told)


def ids(sent):
    return [int(one) for one in re.findall(r"id: (\d+)", sent.decode())]


def test_a_page_of_no_plan_hears_of_plans_that_its_reader_sees():
    hidden, open_ = (Happening(11, "thread.opened", 7, 1, "", one) for one in (ONE, EVERYBODY))
    assert follower().news(hidden) == (PLANS,)
    assert follower(user_id=CHARLIE).news(hidden) == ()
    assert follower(user_id=CHARLIE).news(open_) == (PLANS,)
    assert follower().news(Happening(11, "session.started", 0, 1, "")) == ()
    assert follower().news(Happening(10, "thread.opened", 7, 1, "", EVERYBODY)) == ()


@settings(deadline=None)
@given(gaps=st.lists(st.sampled_from([0.05, 0.3, 1.0, 4.9, 5.0, 7.0]), min_size=1, max_size=30))
@example(gaps=[5.0, 4.9, 0.05, 0.05])
def test_a_list_is_looked_at_once_in_five_seconds_and_misses_nothing(gaps):
    one, now, told = follower(), 0.0, []

    def send():
        if one.pending:
            told.append((now, ids(one.taken(now))[0]))

    for number, gap in enumerate(gaps, 11):
        one.tell((PLANS,), number, now)
        send()
        for _ in range(round(gap / 0.05)):  # the hub looks now and then
            now += 0.05
            one.let_go(now)
            send()
    now += PAUSE
    one.let_go(now)
    send()
    assert told[0] == (0.0, 11) and told[-1][1] == 10 + len(gaps)
    assert all(b - a >= PAUSE - 1e-6 for (a, _), (b, _) in pairwise(told))


def told(app, many):
    """What `many` pages of no plan wait for at the moment that something happened."""

    async def scene():
        hub = Hub(app)
        hub.loop = asyncio.get_running_loop()
        hub.followers[ANY_PLAN] = {follower(user_id=number) for number in range(many)}
        hub.told([Happening(11, "thread.opened", 7, 1, "", EVERYBODY)])
        return [(one.held, one.pending, one.free_at - hub.loop.time()) for one in hub._all()]

    return finished(scene())


def test_a_crowd_does_not_come_back_all_at_one_moment(app):
    assert all(pending == {PLANS: 11} for _, pending, _ in told(app, 20))
    crowd = told(app, 300)
    assert {held for held, _, _ in crowd} == {11} and not any(pending for _, pending, _ in crowd)
    waits = [wait for _, _, wait in crowd]
    assert max(waits) <= PAUSE and max(waits) - min(waits) > 1
