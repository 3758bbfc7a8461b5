"""From what somebody does to what stands in Slack, by the courier: a bot, and direct messages."""

import threading
import time

import pytest
from sqlalchemy import select

from planpush.database.session import commit, db
from planpush.notifications.outbox import PERSON, Delivery
from planpush.plans.plan import Plan
from planpush.server.dispatcher import Courier
from tests.conftest import make_app
from tests.people import person

SECTION = '<section data-anchor="a"><h2>Data model</h2><p>Tokens rotate.</p></section>'


@pytest.fixture
def running(app, chat, database_url, tmp_path):
    """A courier at work for a server with a bot."""
    settings = {name.lower(): value for name, value in chat.bot.items()}
    made = make_app(database_url, tmp_path, **settings)
    app.extensions["planpush_config"] = made.extensions["planpush_config"]
    stop = threading.Event()
    thread = threading.Thread(target=Courier(made, stop).run)
    thread.start()
    yield
    stop.set()
    thread.join()
    with made.app_context():
        db.engine.dispose()


def eventually(found, seconds=60):
    ends = time.monotonic() + seconds
    while not (got := found()) and time.monotonic() < ends:
        time.sleep(0.05)
    assert got
    return got


def push(agent, **told):
    sent = {"sections": [{"anchor": "a", "html": SECTION}], "title": "Auth"} | told
    return agent("alice", "POST", "/api/push", json=sent).json["plan"]


def comment(agent, plan, body, by="bob"):
    where = {"anchor": "a", "quote": "Tokens rotate", "body": body}
    assert agent(by, "POST", f"/api/plans/{plan}/threads", json=where).status_code == 201


def test_of_a_private_plan_nobody_hears(running, chat, agent):
    comment(agent, push(agent), "@Alice hush", by="ada")
    push(agent, title="Open", visibility="published")
    eventually(lambda: chat.said("chat.postMessage"))
    assert "hush" not in str(chat.calls)


def test_what_becomes_private_while_slack_is_asked_who_somebody_is_is_not_told(
    running, chat, agent, app, monkeypatch
):
    came, go, answer = threading.Event(), threading.Event(), chat.answer

    def held(path, *told):
        if "lookupByEmail" in path:
            came.set()
            go.wait(60)
        return answer(path, *told)

    monkeypatch.setattr(chat, "answer", held)
    slug = push(agent, title="Hush", visibility="published")
    comment(agent, slug, "@Alice why?")
    assert came.wait(60)
    with app.app_context():
        Plan.find(slug, person("alice")).unpublish(by=person("alice"))
        commit()
    go.set()
    eventually(lambda: "dropped" in states(app))
    assert "UALICE" not in [message["channel"] for message in chat.messages.values()]


def states(app):
    with app.app_context():
        return list(db.session.scalars(select(Delivery.state).where(Delivery.channel == PERSON)))
