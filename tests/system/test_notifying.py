"""Slack hears of what happens on published plans: a real server, its worker, a recording Slack."""

import time

import pytest

from tests.peers.slack import serving
from tests.system.serving import Server, Visitor

SECTION = '<section data-anchor="a"><h2>Data model</h2><p>Tokens rotate. {}</p></section>'


@pytest.fixture
def slack():
    with serving() as made:
        yield made


def eventually(found, seconds=60):
    """Return what `found` returns once it is something."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if got := found():
            return got
        time.sleep(0.1)
    raise AssertionError("it never came")


def push(server, name, words, **told):
    sent = {"sections": [{"anchor": "a", "html": SECTION.format(words)}]} | told
    answer = server.api(name, "POST", "/api/push", json=sent)
    assert answer.status_code == 201, answer.text
    return answer.json()


def comment(server, name, slug, body):
    where = {"anchor": "a", "quote": "Tokens rotate", "body": body}
    answer = server.api(name, "POST", f"/api/plans/{slug}/threads", json=where)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.long
def test_each_thing_that_happens_is_one_message(tmp_path, slack):
    server = Server(tmp_path, **slack.webhook).start()
    try:
        plan = push(server, "alice", "One", title="Auth", visibility="published")["plan"]
        hidden = push(server, "alice", "Two", title="Hidden")["plan"]
        thread = comment(server, "bob", plan, "Why not shorter?")["id"]
        comment(server, "ada", hidden, "Hush")
        push(server, "alice", "Three", plan=plan, base_version=1)
        ada = Visitor(server, "ada")
        assert ada.post(f"/p/{plan}/threads/{thread}/resolution").status_code == 303
        ada.http.close()
        eventually(lambda: len(slack.posted) == 4)
        time.sleep(1)
        assert [text.partition(": ")[2] for text in slack.posted] == [
            "Alice pushed version 1", "Bob's agent commented on Data model: Why not shorter?",
            "Alice pushed version 2", "Ada resolved a thread on Data model",
        ]  # fmt: skip
    finally:
        server.close()
