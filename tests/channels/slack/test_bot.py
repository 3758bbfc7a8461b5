"""A bot tells each plan in a thread of its own, lets messages grow, and posts none twice."""

import pytest

from planpush.channels.slack.client import to_channel, to_person
from planpush.notifications.leases import Arrived, Dropped, Failed
from planpush.notifications.outbox import PERSON
from planpush.notifications.slack_names import Begun, Met, Names
from tests.channels.parcels import item, parcel, with_settings
from tests.peers.slack import TOKEN

WRITES = ("chat.postMessage", "chat.update")


@pytest.fixture
def send(chat):
    """Send as the bot."""

    def run(made, sender=to_channel, token=TOKEN):
        settings = {"slack_bot_token": token, "slack_api_url": f"{chat.base}/api"}
        with with_settings(slack_channel="C1", **settings):
            return sender(made)

    return run


def written(chat):
    return [method for method, _ in chat.calls if method in WRITES]


def begun(chat, send, **given):
    """A thread, and what is known of it afterwards."""
    outcome = send(parcel(**given))
    (root,) = outcome.learnt
    return outcome.remote, Names("C1", root.channel_id, root.ts)


def test_the_first_message_begins_the_thread_and_later_ones_reply(chat, send):
    remote, names = begun(chat, send)
    assert send(parcel(key="2", names=names)).learnt == ()
    first, second = chat.messages.values()
    assert "thread_ts" not in first and second["thread_ts"] == remote["ts"] == names.root
    assert first["metadata"]["event_type"] == "planpush_delivery" and first["mrkdwn"] is False


def test_a_message_that_grew_is_rewritten(chat, send):
    remote, names = begun(chat, send)
    grown = parcel(item(), item(event=2, words="More"), names=names, remote=remote)
    assert send(grown) == Arrived(remote)
    (message,) = chat.messages.values()
    assert "More" in str(message["blocks"]) and written(chat) == [*WRITES]


@pytest.mark.parametrize("known", [True, False])
def test_what_arrived_unknown_to_us_is_found_again(chat, send, known):
    names = begun(chat, send, key="9")[1] if known else Names("plans")
    chat.losing = 1
    assert send(parcel(names=names)) == Failed("Slack has trouble of its own (500)", unsure=True)
    before = len(chat.messages)
    outcome = send(parcel(item(words="Now"), names=names, unsure=True))
    assert len(chat.messages) == before and bool(outcome.learnt) is not known
    assert "Now" in str(chat.messages[outcome.remote["ts"]]["blocks"])


def test_what_another_server_posted_is_not_taken_for_ours(chat, send):
    begun(chat, send)
    for message in chat.messages.values():
        message["metadata"]["event_payload"]["plan"] = "https://other.example.com/p/auth"
    send(parcel(unsure=True))
    assert len(chat.messages) == 2


def test_while_nobody_can_look_nothing_is_posted(chat, send):
    chat.refusals["conversations.history"] = ["internal_error"]
    outcome = send(parcel(unsure=True))
    assert outcome.whole and outcome.unsure and written(chat) == []


@pytest.mark.parametrize("lost", ["message_not_found", "edit_window_closed", "cant_update_message"])
def test_what_cannot_be_rewritten_is_told_anew(chat, send, lost):
    remote, names = begun(chat, send)
    chat.refusals["chat.update"] = [lost]
    outcome = send(parcel(names=names, remote=remote))
    assert outcome.remote != remote and len(chat.messages) == 2
    gone = lost == "message_not_found"
    assert list(outcome.learnt) == [Begun(1, "C1", "C1", outcome.remote["ts"])] * gone


REFUSALS = [
    ("channel_not_found", "name a channel that exists"),
    ("not_in_channel", "invite the bot"),
    ("is_archived", "choose another channel"),
    ("invalid_auth", "enter its new bot token"),
    ("account_inactive", "enter its new bot token"),
    ("token_revoked", "enter its new bot token"),
    ("restricted_action", "ask an admin of the workspace"),
    ("something_new", "Slack says something_new"),
]


def test_what_an_admin_has_to_mend_is_said_and_waited_for(chat, send):
    for code, said in REFUSALS:
        chat.refusals["chat.postMessage"] = [code]
        outcome = send(parcel())
        assert outcome == Failed(outcome.reason) and said in outcome.reason


@pytest.mark.parametrize("code", ["ratelimited", 429])
def test_slack_says_how_long_to_wait(chat, send, code):
    if code == 429:
        chat.trouble, chat.headers = (429, b"{}"), {"Retry-After": "3"}
    chat.refusals["chat.postMessage"] = ["ratelimited"]
    assert send(parcel()) == Failed("Slack asks us to wait", retry_after=3 if code == 429 else 30)


def test_garbage_is_no_answer(chat, send):
    for chat.trouble in ((200, b"<html>"), (200, b"[1]"), (200, b""), (500, b"null")):
        outcome = send(parcel())
        assert outcome.whole and outcome.unsure and "hush" not in outcome.reason


def direct(**given):
    names = Names(email="bob@example.com", slack_id=given.pop("slack_id", None))
    told = {"channel": PERSON, "user_id": 2, "outlet": "slackdm", "why": "mention"}
    return parcel(names=names, **(told | given))


def test_a_person_is_looked_up_once_and_told_why(chat, send):
    outcome = send(direct(), to_person)
    assert list(outcome.learnt) == [Met(2, "bob@example.com", "UBOB")]
    send(direct(key="2", slack_id="UBOB"), to_person)
    assert len(chat.said("users.lookupByEmail")) == 1
    (one, two) = chat.said("chat.postMessage")
    assert (
        one["channel"] == two["channel"] == "UBOB"
        and one["text"] == "Auth: Bob mentioned you: Why?"
    )


@pytest.mark.parametrize("slack_id", [None, ""])
def test_whom_slack_does_not_know_is_told_nothing(chat, send, slack_id):
    chat.people.clear()
    outcome = send(direct(slack_id=slack_id), to_person)
    assert isinstance(outcome, Dropped) and "nobody" in outcome.reason
    assert [one.slack_id for one in outcome.learnt] == ([""] if slack_id is None else [])
