"""From what somebody does to what stands in Slack, by the courier: a bot, and direct messages."""

import threading
import time

import pytest
from slack_sdk.models.blocks import Block
from sqlalchemy import select

from planpush.database.session import commit, db
from planpush.notifications.outbox import PERSON, Delivery
from planpush.plans.plan import Plan
from planpush.server.dispatcher import Courier
from tests.conftest import make_app
from tests.peers.slack import serving
from tests.people import person

SECTION = '<section data-anchor="a"><h2>Data model</h2><p>Tokens rotate.</p></section>'


@pytest.fixture
def chat():
    with serving() as found:
        found.people["alice@example.com"] = "UALICE"
        yield found


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


def test_a_burst_is_one_reply_that_grows_and_whom_it_names_is_told(running, chat, agent):
    plan = push(agent, visibility="published")
    root = eventually(lambda: chat.said("chat.postMessage"))[0]
    assert "New plan" in root["text"] and "thread_ts" not in root
    comment(agent, plan, "First")
    eventually(lambda: len(chat.messages) == 2)
    for words in ("Second", "Third", "@Alice?"):
        comment(agent, plan, words)
    reply = list(chat.messages.values())[1]
    eventually(lambda: "@Alice?" in str(reply["blocks"]))
    assert all(words in str(reply["blocks"]) for words in ("First", "Second", "Third"))
    direct = eventually(lambda: [m for m in [*chat.messages.values()] if m["channel"] == "UALICE"])
    texts = [message["text"] for message in direct]
    assert texts == ["Auth: Bob's agent mentioned you on Data model: @Alice?"]
    assert len([m for m in chat.messages.values() if m["channel"] == "C1"]) == 2
    for message in chat.messages.values():
        for block in Block.parse_all(message["blocks"]):
            block.validate_json()


def test_what_was_lost_on_the_way_is_not_told_twice(running, chat, agent):
    chat.losing = 1
    push(agent, visibility="published")
    eventually(lambda: chat.said("chat.update"))
    assert len(chat.messages) == 1


def test_of_a_private_plan_nobody_hears(running, chat, agent):
    comment(agent, push(agent), "@Alice hush", by="ada")
    push(agent, title="Open", visibility="published")
    eventually(lambda: chat.said("chat.postMessage"))
    assert "hush" not in str(chat.calls)


def test_what_was_unpublished_before_it_left_is_not_told(running, chat, agent, app):
    chat.trouble = (503, b"")
    slug = push(agent, title="Hush", visibility="published")
    eventually(lambda: chat.asked)
    with app.app_context():
        Plan.find(slug, person("alice")).unpublish(by=person("alice"))
        commit()
    push(agent, title="Open", visibility="published")
    chat.trouble = None
    eventually(lambda: chat.said("chat.postMessage"))
    assert "Hush" not in str(chat.calls)


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
