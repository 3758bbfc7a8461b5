"""Workers that are killed, stopped, or two: nothing is lost, and who can tell is told once."""

import signal
import subprocess
import threading
from collections import Counter

import pytest
import requests
import sqlalchemy as sa
from gunicorn.arbiter import Arbiter

from planpush.database.session import db
from planpush.events.event import Event
from planpush.notifications.leases import Arrived, claim, settle
from planpush.notifications.outbox import Delivery, DeliveryEvent, hook_of
from planpush.notifications.webhooks import Webhook
from planpush.plans.plan import Plan
from planpush.server.gunicorn import Master
from tests.peers import hook as hooks
from tests.peers.slack import serving
from tests.system.sending import NETWORKS, Held, Stage, eventually
from tests.system.serving import Server


@pytest.fixture
def slack():
    with serving() as made:
        yield made


@pytest.fixture
def receiver():
    with hooks.serving() as made:
        yield made


@pytest.fixture
def stage(tmp_path):
    made = []

    def setup(**env):
        made.append(Stage(tmp_path, **env))
        return made[-1]

    yield setup
    for one in made:
        one.close()


def cut(stage, slack, when):
    """Let a worker die by the first message: claimed, while sending, when sent, when noted."""
    if when in ("claimed", "noted"):
        found = stage.act(lambda: claim("dead", 9))
        assert len(found) == 1
        if when == "noted":
            slack.posted.append("by the one that died: version 1")
            stage.act(lambda: settle(found[0], Arrived()))
        return
    held, worker = Held(slack, when), stage.work()
    assert held.came.wait(60)
    worker.kill()
    worker.wait(60)
    held.go.set()


@pytest.mark.long
@pytest.mark.parametrize(
    ("when", "times"), [("claimed", 1), ("sending", 1), ("sent", 2), ("noted", 1)]
)
def test_a_worker_killed_at_any_point_loses_nothing_and_keeps_the_order(stage, slack, when, times):
    stage = stage(**slack.webhook)
    plan_id = stage.plan("Auth")
    cut(stage, slack, when)
    stage.push(plan_id, "Two")
    stage.lapse()
    stage.work()
    eventually(stage.all_told)
    told = [int(text.rpartition(" ")[2]) for text in slack.posted]
    assert told == [1] * times + [2]  # a webhook of Slack's cannot be asked what it has


@pytest.mark.parametrize("when", ["sending", "sent"])
def test_a_bot_finds_what_it_had_sent_and_doubles_nothing(stage, slack, when):
    stage = stage(**slack.bot)
    plan_id = stage.plan("Auth")
    cut(stage, slack, when)
    stage.push(plan_id, "Two")
    stage.lapse()
    stage.work()
    eventually(stage.all_told)
    assert len(slack.said("chat.postMessage")) == 1 and len(slack.messages) == 1
    assert "version 2" in str(slack.messages)


def test_a_worker_that_is_told_to_stop_finishes_what_it_sends(stage, slack):
    stage = stage(**slack.webhook)
    stage.plan("Auth")
    held, worker = Held(slack, "sent"), stage.work()
    assert held.came.wait(60)
    worker.send_signal(signal.SIGTERM)
    threading.Timer(0.7, held.go.set).start()
    assert worker.wait(60) == 0
    assert stage.states() == ["sent"] and len(slack.posted) == 1


def test_a_server_that_is_told_to_stop_finishes_what_it_sends(tmp_path, slack):
    server = Server(tmp_path, workers=1, **slack.webhook).start()
    held = Held(slack, "sent")
    sections = [{"anchor": "a", "html": "<p>Tokens rotate.</p>"}]
    pushed = {"sections": sections, "title": "Auth", "visibility": "published"}
    assert server.api("alice", "POST", "/api/push", json=pushed).status_code == 201
    assert held.came.wait(60)
    threading.Timer(0.7, held.go.set).start()
    server.close()
    with server.app.app_context():
        assert db.session.scalars(sa.select(Delivery.state)).all() == ["sent"]
        db.session.remove()
        db.engine.dispose()


def test_a_worker_that_hangs_is_killed_and_keeps_no_server_from_stopping(monkeypatch):
    hung = subprocess.Popen(["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"])
    monkeypatch.setattr(Arbiter, "stop", lambda *_: None)
    master = Master.__new__(Master)
    master.cfg = type("Cfg", (), {"graceful_timeout": 0.3})
    master.worker_pid, master.reexec_pid = hung.pid, 1  # somebody else serves already
    master.stop()
    assert hung.wait(60) == 0 or hung.returncode  # waited for already
    assert master.worker_pid == 0


def comments(server, plans, done):
    """Comment on each plan in turn until the server is gone; note what was answered."""
    with requests.Session() as http:
        for n in range(10_000):
            body, plan = f"said {n}", plans[n % len(plans)]
            sent = {"anchor": "a", "quote": "Tokens rotate", "body": body}
            path = f"{server.base}/api/plans/{plan}/threads"
            token = {"Authorization": f"Bearer {server.tokens['bob']}"}
            try:
                answer = http.post(path, json=sent, headers=token, timeout=60)
            except requests.RequestException:
                return
            if answer.status_code == 201:
                done.append((plan, body))


@pytest.mark.long
def test_a_power_cut_in_a_burst_of_comments_loses_none(tmp_path, stage, receiver):
    setup = stage()
    setup.hook(receiver.url)
    server = Server.__new__(Server)
    vars(server).update(vars(setup.server))
    server.env = setup.server.env | {"WORKER": "on"} | NETWORKS
    server.start()
    plans = [publish(server, n) for n in range(4)]
    server.api("bob", "GET", "/api/plans")
    done = []
    burst = threading.Thread(target=comments, args=(server, plans, done))
    burst.start()
    eventually(lambda: len(done) > 20 and len(receiver.posts) > 10)
    server.kill()
    burst.join(60)
    setup.lapse()
    setup.work()
    eventually(setup.all_told)
    assert_in_order(receiver, done)


def publish(server, n):
    html = "<h2>Data model</h2><p>Tokens rotate.</p>"
    told = {"title": f"Plan {n}", "visibility": "published"}
    sent = {"sections": [{"anchor": "a", "html": html}]} | told
    return server.api("alice", "POST", "/api/push", json=sent).json()["plan"]


def assert_in_order(receiver, done):
    """Each comment that was answered came, each plan's first comings are in their order."""
    told = [one["data"] for one in receiver.told() if one["type"] == "comment.added"]
    came = list(dict.fromkeys((one["plan"]["slug"], one["comment"]["body"]) for one in told))
    assert set(done) <= set(came)
    for slug in {slug for slug, _ in done}:
        mine = [int(body.split()[1]) for where, body in came if where == slug]
        assert mine == sorted(mine)
    assert len(receiver.ids()) - len(set(receiver.ids())) <= 8  # those that were under way


@pytest.mark.long
def test_two_workers_send_each_of_many_once(stage, receiver):
    setup = stage()
    plans = [setup.plan(f"Plan {n}") for n in range(3)]
    for _ in range(5):
        setup.hook(receiver.url)
    setup.act(lambda: thousand(plans))
    setup.work()
    setup.work()
    eventually(setup.all_told, 300)
    assert Counter(setup.states()) == {"sent": 300}
    assert len(receiver.ids()) == len(set(receiver.ids())) == 300


def thousand(plans):
    """Queue what each webhook is told of twenty events of each plan."""
    events = [{"kind": "plan.published", "plan_id": one} for one in plans * 20]
    found = db.session.execute(sa.insert(Event).returning(Event.id, Event.plan_id), events).all()
    hooks = db.session.scalars(sa.select(Webhook.id)).all()
    pairs = [(event, hook) for event in found for hook in hooks]
    made = sa.insert(Delivery).returning(Delivery.id, sort_by_parameter_order=True)
    made = db.session.execute(made, [row(*one) for one in pairs])
    told = zip(made.scalars(), pairs, strict=True)
    rows = [{"delivery_id": one, "event_id": event.id} for one, (event, _) in told]
    db.session.execute(sa.insert(DeliveryEvent), rows)


def row(event, hook):
    route = hook_of(hook, db.session.get(Plan, event.plan_id))
    named = ("channel", "outlet", "lane", "manner", "plan_id", "webhook_id")
    return {name: getattr(route, name) for name in named} | {"topics": "plan.published"}


def test_a_row_that_makes_no_sense_ends_no_worker(stage, receiver):
    setup = stage()
    setup.hook(receiver.url)
    setup.plan("Auth")
    setup.act(lambda: db.session.execute(sa.update(Delivery).values(channel="owl")))
    worker = setup.work()
    eventually(lambda: all(setup.act(reasons)))
    setup.plan("Other")
    eventually(lambda: receiver.posts)
    assert {one["data"]["plan"]["title"] for one in receiver.told()} == {"Other"}
    assert worker.poll() is None


def reasons():
    return db.session.scalars(sa.select(Delivery.reason)).all()
