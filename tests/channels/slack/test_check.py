"""The Test button of Slack: what is wrong, and what to do about it, without posting as a bot."""

import pytest

from planpush.channels.slack.check import Refusal, check_slack
from tests.channels.parcels import with_settings
from tests.peers.slack import TOKEN

ALL = "chat:write, users:read, users:read.email, im:write, channels:history"


@pytest.fixture(autouse=True)
def grant(chat):
    chat.granted = ALL


def check(chat, channel="plans", **settings):
    told = {"slack_bot_token": TOKEN, "slack_api_url": f"{chat.base}/api"} | settings
    with with_settings(slack_channel=channel, **told):
        try:
            return check_slack()
        except Refusal as refusal:
            return f"No: {refusal}"


@pytest.mark.parametrize("channel", ["plans", "#plans", "C1"])
def test_a_bot_that_is_set_up(chat, channel):
    found = check(chat, channel)
    assert found == f"Slack knows the bot planpush of ACME. It sees the channel {channel}."
    assert not chat.messages


@pytest.mark.parametrize(
    ("granted", "channel", "told", "said"),
    [
        ("users:read", "plans", {}, "No: Add the scope chat:write to the bot"),
        ("chat:write", "plans", {}, "Without the scope users:read.email nobody gets direct"),
        ("chat:write", "plans", {}, "Without the scope channels:history after an outage"),
        (ALL, "nowhere", {}, "No: The bot sees no channel nowhere"),
        (ALL, "C9", {}, "No: The channel C9: Slack says channel_not_found"),
        (ALL, "plans", {"is_archived": True}, "No: The channel plans is archived"),
        (ALL, "plans", {"is_member": False}, "No: The bot is not in the channel plans: invite"),
        (f"{ALL},chat:write.public", "plans", {"is_member": False}, "It sees the channel plans."),
        (ALL, "", {}, "No channel is named"),
    ],
)
def test_what_is_missing_is_named(chat, granted, channel, told, said):
    chat.granted, chat.channel = granted, told
    assert said in check(chat, channel)
