"""What came of a message by webhook: whether it is tried again, and what an admin is told."""

import logging
import socketserver

import pytest

from planpush.channels.slack import web_api
from planpush.channels.slack.client import to_channel
from planpush.notifications.leases import Arrived, Failed
from tests.channels.parcels import NOWHERE, item, parcel, with_settings
from tests.peers import running
from tests.peers.slack import HOOK


@pytest.fixture
def post(chat):
    """Post a message, whatever the environment says about proxies and .netrc."""

    def send(made=None, url=chat.base + HOOK):
        with with_settings(slack_webhook_url=url):
            return to_channel(made or parcel())

    return send


def test_40_a_message_arrives_as_text(chat, post):
    hostile = item(words="*b* `c` <@U1>", where="<!here>")
    assert post(parcel(hostile, title="<!channel> & <b>")) == Arrived()
    ((_, told),) = chat.calls
    assert (
        told["text"]
        == "&lt;!channel&gt; &amp; &lt;b&gt;: Bob replied on &lt;!here&gt;: *b* `c` &lt;@U1&gt;"
    )
    assert (told["mrkdwn"], told["unfurl_links"]) == (False, False)
    assert told["blocks"][0]["text"]["text"] == "&lt;!channel&gt; &amp; &lt;b&gt;"


ANSWERS = [
    (429, b"", {"retry_after": 7.0}, "wait"),
    (500, b"", {"unsure": True}, "trouble of its own"),
    (503, b"<html>", {"unsure": True}, "trouble of its own"),
    (403, b"invalid_token", {}, "make a new incoming webhook"),
    (404, b"no_service", {}, "make a new incoming webhook"),
    (404, b"channel_not_found", {}, "make a new incoming webhook"),
    (400, b"channel_not_found", {}, "make a new incoming webhook"),
    (200, b"channel_not_found", {}, "make a new incoming webhook"),
    (403, b"action_prohibited", {}, "ask an admin of the workspace"),
    (410, b"channel_is_archived", {}, "open the channel again"),
    (404, b"<html>", {}, "make a new incoming webhook"),
    (302, b"", {}, "leads elsewhere"),
    (400, b"invalid_payload", {"whole": False, "final": True}, "does not take this message"),
]


def test_what_an_answer_means(chat, post):
    for status, body, expected, said in ANSWERS:
        chat.trouble, chat.headers = (status, body), {"Retry-After": "7", "Location": "/elsewhere"}
        outcome = post()
        assert outcome == Failed(outcome.reason, **expected) and said in outcome.reason


@pytest.mark.parametrize("url", [f"{NOWHERE}/hook", "http://nowhere.invalid/hook"])
def test_who_cannot_be_called_certainly_took_nothing(post, url):
    outcome = post(url=url)
    assert isinstance(outcome, Failed) and outcome.whole and not outcome.unsure


def test_who_breaks_off_may_have_taken_it(post):
    class Broken(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(10)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Broken) as server, running(server):
        outcome = post(url=f"http://127.0.0.1:{server.server_address[1]}/hook")
    assert outcome.whole and outcome.unsure


def test_a_slack_that_trickles_holds_nobody_for_ever(chat, post, monkeypatch):
    monkeypatch.setattr(web_api.exchange, "__defaults__", (0.3,))
    chat.trickles = True
    outcome = post()
    assert outcome.whole and outcome.unsure and "longer than" in outcome.reason


def test_no_proxy_and_no_secret_in_logs(chat, post, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, NOWHERE)
    assert post() == Arrived()
    for trouble in ((403, b"invalid_token"), (500, b"")):
        chat.trouble = trouble
        assert "hush" not in post().reason
    assert "hush" not in post(url=NOWHERE + HOOK).reason
    assert "hush" not in caplog.text
