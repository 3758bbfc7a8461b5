"""Against emulate's Slack, which nobody here wrote: webhook, thread, update, direct message."""

import pytest
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block

from planpush.channels.slack.client import to_channel, to_person
from planpush.notifications.leases import Arrived
from planpush.notifications.outbox import PERSON
from planpush.notifications.slack_names import Names
from tests.channels.parcels import item, parcel, with_settings
from tests.peers.emulator import emulating
from tests.system.serving import free_port

SCOPES = (
    "chat:write channels:read channels:history groups:read im:read im:history im:write "
    "mpim:read users:read users:read.email"
)
TITLE, WORDS = "<!channel> & <b>", "*b* `c` <@U1> & " * 600


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    seed = {
        "strict_scopes": True,
        "users": [{"name": "planpush"}, {"name": "bob", "email": "bob@example.com"}],
        "channels": [{"name": "plans"}],
        "tokens": [
            {"token": "xoxb-planpush", "user": "planpush", "type": "bot", "scopes": SCOPES},
            {"token": "xoxb-poor", "user": "planpush", "type": "bot", "scopes": "channels:read"},
        ],
    }
    with emulating(tmp_path_factory.mktemp("slack"), "slack", free_port(), seed) as found:
        yield found


@pytest.fixture
def read(base):
    """Return the messages of a channel, the oldest first, valid by Slack's own models."""
    client = WebClient("xoxb-planpush", base_url=f"{base}/api/")

    def messages(channel, root=""):
        told = {"channel": channel, "ts": root} if root else {"channel": channel}
        method = "conversations.replies" if root else "conversations.history"
        found = client.api_call(method, params=told)["messages"]
        for message in found:
            for block in Block.parse_all(message["blocks"]):
                block.validate_json()
        return sorted(found, key=lambda message: message["ts"])

    return messages


def send(base, made, sender=to_channel, token="xoxb-planpush"):
    settings = {"slack_bot_token": token, "slack_api_url": f"{base}/api"}
    with with_settings(slack_channel="plans", **settings):
        return sender(made)


def test_a_webhook(base, read):
    client = WebClient("xoxb-planpush", base_url=f"{base}/api/")
    general = next(
        one for one in client.conversations_list()["channels"] if one["name"] == "general"
    )
    url = f"{base}/services/T000000001/B000000001/X000000001"
    with with_settings(slack_webhook_url=url):
        assert to_channel(parcel(item(words=WORDS), title=TITLE)) == Arrived()
    message = read(general["id"])[-1]
    assert message["text"].startswith("&lt;!channel&gt; &amp; &lt;b&gt;: Bob replied: *b* `c`")
    assert message["blocks"][0]["text"]["text"] == "&lt;!channel&gt; &amp; &lt;b&gt;"


def test_a_bots_thread_grows_and_is_found_again(base, read):
    first = send(base, parcel(title=TITLE, names=Names("plans")))
    (root,) = first.learnt
    names = Names("plans", root.channel_id, root.ts)
    reply = send(base, parcel(item(words=WORDS), key="2", names=names))
    grown = parcel(item(words="Grown"), key="2", names=names, remote=reply.remote)
    assert send(base, grown) == Arrived(reply.remote)
    again = send(base, parcel(item(words="Again"), key="2", names=names, unsure=True))
    assert again.remote == reply.remote
    assert send(base, parcel(names=Names("plans"), unsure=True)).remote == first.remote
    thread = read(root.channel_id, root.ts)
    assert [message["ts"] for message in thread] == [root.ts, reply.remote["ts"]]
    assert "Again" in str(thread[1]["blocks"]) and thread[1]["metadata"]


def test_a_direct_message(base, read):
    names = Names(email="bob@example.com")
    told = {"channel": PERSON, "user_id": 2, "outlet": "slackdm", "why": "mention"}
    sent = send(base, parcel(names=names, key="3", **told), to_person)
    (known,) = sent.learnt
    found = Names(email=known.email, slack_id=known.slack_id)
    again = send(base, parcel(names=found, key="3", unsure=True, **told), to_person)
    assert again.remote == sent.remote
    (message,) = read(sent.remote["channel"])
    assert message["text"] == "Auth: Bob mentioned you: Why?"
