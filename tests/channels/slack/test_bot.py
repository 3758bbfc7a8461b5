"""A bot tells each plan in a thread of its own, lets messages grow, and posts none twice."""

import pytest

from planpush.channels.slack import web_api
from planpush.channels.slack.client import to_channel, to_person
from planpush.notifications.leases import Arrived, Dropped, Failed
from planpush.notifications.outbox import PERSON
from planpush.notifications.slack_names import Begun, Met, Names
from tests.channels.parcels import item, parcel, with_settings
from tests.peers.slack import TOKEN, serving

WRITES = ("chat.postMessage", "chat.update")


@pytest.fixture
def chat():
    with serving() as found:
        found.people["bob@example.com"] = "UBOB"
        yield found


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


@pytest.mark.parametrize("method", ["conversations.history", "conversations.list"])
def test_a_bot_that_may_not_look_posts_once_more(chat, send, method):
    chat.scopes[method] = "channels:history"
    assert isinstance(send(parcel(names=Names("plans"), unsure=True)), Arrived)
    assert written(chat) == ["chat.postMessage"]


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


def test_a_thread_that_is_gone_begins_anew(chat, send):
    _, names = begun(chat, send)
    chat.messages.clear()
    outcome = send(parcel(key="2", names=names))
    assert [one.ts for one in outcome.learnt] == [outcome.remote["ts"]]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("channel_not_found", "name a channel that exists"),
        ("not_in_channel", "invite the bot"),
        ("is_archived", "choose another channel"),
        ("invalid_auth", "enter its new bot token"),
        ("account_inactive", "enter its new bot token"),
        ("token_revoked", "enter its new bot token"),
        ("restricted_action", "ask an admin of the workspace"),
        ("something_new", "Slack says something_new"),
    ],
)
def test_what_an_admin_has_to_mend_is_said_and_waited_for(chat, send, code, said):
    chat.refusals["chat.postMessage"] = [code]
    outcome = send(parcel())
    assert outcome == Failed(outcome.reason) and said in outcome.reason


def test_missing_scopes_are_named(chat, send):
    chat.scopes["chat.postMessage"] = "chat:write"
    assert "add chat:write to the bot" in send(parcel()).reason


@pytest.mark.parametrize("code", ["ratelimited", 429])
def test_slack_says_how_long_to_wait(chat, send, code):
    if code == 429:
        chat.trouble, chat.headers = (429, b"{}"), {"Retry-After": "3"}
    chat.refusals["chat.postMessage"] = ["ratelimited"]
    assert send(parcel()) == Failed("Slack asks us to wait", retry_after=3 if code == 429 else 30)


@pytest.mark.parametrize("answer", [(200, b"<html>"), (200, b"[1]"), (200, b""), (500, b"null")])
def test_garbage_is_no_answer(chat, send, answer):
    chat.trouble = answer
    outcome = send(parcel())
    assert outcome.whole and outcome.unsure and "hush" not in outcome.reason


def test_what_is_refused_for_itself_is_sent_shorter_and_then_given_up(chat, send):
    chat.refusals["chat.postMessage"] = ["msg_too_long", "invalid_blocks", "no_text"]
    outcome = send(parcel(item(words="word " * 1_900)))
    assert outcome.final and not outcome.whole and written(chat) == []


def test_a_slack_that_trickles_is_left(chat, send, monkeypatch):
    monkeypatch.setattr(web_api.Bot.__init__, "__defaults__", (0.3, 9.0))
    chat.trickles = True
    outcome = send(parcel())
    assert outcome.whole and outcome.unsure


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


def test_who_is_another_one_by_now_is_asked_for_again(chat, send):
    chat.refusals["chat.postMessage"] = ["channel_not_found"]
    outcome = send(direct(slack_id="UOLD"), to_person)
    assert chat.said("chat.postMessage")[0]["channel"] == "UBOB"
    assert [one.slack_id for one in outcome.learnt] == ["UBOB"]


def test_whom_slack_does_not_reach_is_forgotten(chat, send):
    chat.refusals["chat.postMessage"] = ["user_disabled", "user_disabled"]
    outcome = send(direct(slack_id="UBOB"), to_person)
    assert isinstance(outcome, Dropped) and next(iter(outcome.learnt)).slack_id == ""


def test_who_was_found_is_kept_though_the_message_failed(chat, send):
    chat.refusals["chat.postMessage"] = ["internal_error"]
    outcome = send(direct(), to_person)
    assert outcome.unsure and [one.slack_id for one in outcome.learnt] == ["UBOB"]


def test_a_direct_message_is_found_again(chat, send):
    sent = send(direct(slack_id="UBOB"), to_person)
    chat.messages[sent.remote["ts"]]["channel"] = "DBOB"
    assert send(direct(slack_id="UBOB", unsure=True), to_person).remote["ts"] == sent.remote["ts"]
    assert written(chat) == ["chat.postMessage"]


def test_without_a_bot_nobody_is_told(send):
    assert isinstance(send(direct(), to_person, token=""), Dropped)
