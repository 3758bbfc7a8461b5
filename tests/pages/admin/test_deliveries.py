"""The delivery log: what waits, what arrived, what did not; and what an admin does about it."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from planpush.database.session import commit, db, now
from planpush.events.event import Event
from planpush.notifications.channels import Outlet
from planpush.notifications.delivery_log import PAGE
from planpush.notifications.outbox import CHANNEL, DEAD, EACH, PERSON, WEBHOOK, Delivery, Route
from planpush.notifications.webhooks import Wanted, Webhook
from planpush.plans.plan import Plan
from tests.people import person

LOG = "/admin/deliveries"


@pytest.fixture
def queue(app, plan):
    """Queue a delivery of each outlet that is named, in a state; return the ids."""

    def make(*outlets, state="waiting", **told):
        with app.app_context():
            for outlet in outlets:
                db.session.add(delivery(outlet, state=state, **told))
            commit()
            return list(db.session.scalars(sa.select(Delivery.id).order_by(Delivery.id)))

    return make


def delivery(outlet, **told):
    plan_id = db.session.scalar(sa.select(Plan.id))
    kind, _, rest = outlet.partition(":")
    route = Route(CHANNEL, outlet, f"slack/{plan_id}", EACH, plan_id)
    if kind == "slackdm":
        route = Route(PERSON, outlet, "dm/1", EACH, plan_id, user_id=person("bob").id)
    elif kind == "hook":
        route = Route(WEBHOOK, outlet, outlet, EACH, plan_id, webhook_id=int(rest))
    event_id = db.session.scalar(sa.select(sa.func.max(Event.id)))
    Delivery.queue(route, "comment.added" if kind == "hook" else "talk", event_id)
    made = db.session.scalars(sa.select(Delivery).order_by(Delivery.id.desc())).first()
    for name, value in told.items():
        setattr(made, name, value)
    return made


@pytest.fixture
def hook(app):
    with app.app_context():
        Webhook.add(Wanted("Bot", "http://x.example/", ["comment.added"]), "", by=person("ada"))
        commit()


@pytest.fixture
def outlet(app):
    """Put an outlet in a state; without one, read it."""

    def act(key, **told):
        with app.app_context():
            row = Outlet.of(key)
            for name, value in told.items():
                setattr(row, name, value)
            commit()
            return row.paused, row.held_until

    return act


@pytest.fixture
def read(app):
    """Read what became of a delivery."""

    def find(delivery_id):
        with app.app_context():
            row = db.session.get_one(Delivery, delivery_id)
            return row.state, row.attempts, row.due_at <= now()

    return find


def rows(answer):
    return [int(one) for one in re.findall(r'<tr id="pp-delivery-(\d+)"', answer.text)]


def test_an_empty_log_says_what_to_do(ada):
    assert "Nothing was sent yet" in ada.get(LOG).text
    assert "Nothing matches" in ada.get(f"{LOG}?state=dead").text


def test_a_row_says_to_whom_what_and_what_came_of_it(ada, queue, hook):
    queue("slack", "slack:C12", "slackdm")
    queue("hook:1", state=DEAD, attempts=8, reason="It answered 400: <b>no</b>")
    text = ada.get(LOG).text
    for words in (">Slack<", ">Slack C12<", "Direct message to Bob", "Webhook Bot", "8 attempts",
                  "Did not arrive", "It answered 400: &lt;b&gt;no&lt;/b&gt;", "Commented",
                  'href="/p/auth"', ">Waiting<"):  # fmt: skip
        assert words in text, words


def test_it_holds_no_words_of_comments(ada, browser, plan, hook):
    browser("alice").send("POST", f"/p/{plan}/publication")
    said = {"anchor": "intro", "quote": "rotate", "body": "Hush-hush"}
    browser("bob").send("POST", f"/p/{plan}/threads", said)
    text = ada.get(LOG).text
    assert rows(ada.get(LOG)) and "Hush-hush" not in text and "Tokens rotate" not in text


def test_state_and_outlet_are_in_the_address(ada, queue, hook):
    queue("slack", "hook:1", state=DEAD)
    queue("hook:1", state="sent", told_at=now())
    assert rows(ada.get(LOG)) == [3, 2, 1]
    assert rows(ada.get(f"{LOG}?state=dead")) == [2, 1]
    assert rows(ada.get(f"{LOG}?outlet=hook:1")) == [3, 2]
    assert rows(ada.get(f"{LOG}?outlet=hook:1&state=dead")) == [2]
    assert rows(ada.get(f"{LOG}?outlet=nowhere")) == []
    refused = ada.get(f"{LOG}?state=eaten")
    assert refused.status_code == 422 and "There is no such state" in refused.text


def test_older_ones_are_a_page_away(ada, queue):
    ids = queue(*["slack"] * (PAGE + 3), state=DEAD)
    for query in ["", "outlet=slack", "state=dead", "outlet=slack&state=dead"]:
        first = ada.get(f"{LOG}?{query}")
        older = re.search(r'rel="next" href="([^"]+)"', first.text)[1].replace("&amp;", "&")
        second = ada.get(older)
        assert rows(first) + rows(second) == ids[::-1] and 'rel="next"' not in second.text, query
        assert ada.get(f"{LOG}?before=x").status_code == 400


@pytest.mark.parametrize("state", ["dead", "dropped"])
def test_what_did_not_arrive_is_sent_again(ada, queue, outlet, read, logged, state):
    later = now() + timedelta(hours=1)
    outlet("slack", failures=3, held_until=later)
    queue("slack", state=state, attempts=8, due_at=later, reason="It answered 500")
    answer = ada.send("POST", f"{LOG}/1/attempt")
    assert answer.status_code == 200 and rows(answer) == [1] and ">Waiting<" in answer.text
    assert 'id="pp-delivery-1-again"' in answer.text  # the focus stays where it was
    assert read(1) == ("waiting", 0, True) and outlet("slack") == (False, None)
    assert logged("delivery.resent") == [("Ada", "Slack: auth")]


@pytest.mark.parametrize("state", ["waiting", "sent"])
def test_what_waits_or_arrived_is_not_sent_again(ada, queue, read, state):
    queue("slack", state=state, attempts=2)
    assert "-again" not in ada.get(LOG).text
    assert ada.send("POST", f"{LOG}/1/attempt").status_code == 409
    assert ada.send("POST", f"{LOG}/7/attempt").status_code == 404
    assert read(1)[:2] == (state, 2)


def test_all_that_died_at_an_outlet_is_sent_again(ada, queue, read, logged):
    queue("slack", "slack", "slack:C1", state=DEAD)
    queue("slack", state="dropped")
    assert "Send all again" in ada.get(LOG).text
    form = {"outlet": "slack", "dead": "1"}
    assert ada.send("POST", f"{LOG}/attempts", form, htmx=False).status_code == 303
    assert [read(one)[0] for one in (1, 2, 3, 4)] == ["waiting", "waiting", "dead", "dropped"]
    assert logged("delivery.resent") == [("Ada", "Slack")]


def test_an_outlet_that_waits_may_try_now(ada, queue, outlet, read):
    later = now() + timedelta(minutes=1)
    outlet("slack", failures=2, reason="Slack is down", failing_since=now(), held_until=later)
    queue("slack", attempts=2, due_at=later)
    text = ada.get(LOG).text
    for words in ("In trouble", "Slack is down", "next attempt at", "Try now", "the oldest from"):
        assert words in text
    ada.send("POST", f"{LOG}/attempts", {"outlet": "slack"}, htmx=False)
    assert outlet("slack") == (False, None) and read(1) == ("waiting", 2, True)


def test_slack_is_paused_as_a_whole_and_goes_on(app, ada, queue, outlet, logged):
    keys = ("slack", "slack:C1", "slackdm", "hook:9")
    queue("slack:C1")
    assert ada.send("POST", f"{LOG}/pause", {"outlet": "slack"}, htmx=False).status_code == 303
    with app.app_context():
        assert Outlet.closed(keys, now()) == set(keys[:3])
    assert "Slack as a whole is paused" in ada.get(LOG).text
    ada.send("DELETE", f"{LOG}/pause", {"outlet": "slack"}, htmx=False)
    with app.app_context():
        assert Outlet.closed(keys, now()) == set()
    assert logged("delivery.paused") == logged("delivery.resumed") == [("Ada", "Slack")]


def test_an_outlet_that_nothing_left_by_is_404(ada):
    for key in ["", "slack", "hook:7", "x" * 500, "\0"]:
        for method, path in (("POST", "pause"), ("DELETE", "pause"), ("POST", "attempts")):
            assert ada.send(method, f"{LOG}/{path}", {"outlet": key}).status_code == 404, key


def test_the_card_of_slack_says_what_is_wrong(app, ada, another, outlet):
    client = another(slack_webhook_url="http://127.0.0.1:9/hook").test_client()
    client.set_cookie("planpush", ada.client.get_cookie("planpush").value)
    assert "Set up, not tested" in client.get("/admin/integrations").text
    outlet("slack:C1", failures=2, reason="Slack answered 500", failing_since=now())
    text = client.get("/admin/integrations").text
    assert "In trouble" in text and "Slack C1: failing since" in text
    assert "Slack answered 500" in text and f'href="{LOG}?outlet=slack"' in text
    outlet("slack", paused=True)
    assert ">Paused<" in client.get("/admin/integrations").text
