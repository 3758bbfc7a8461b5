"""Tests the Slack settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError

from planpush.channels.safe_http import Unreachable
from planpush.channels.slack.bot import channel_id
from planpush.channels.slack.web_api import (  # fmt: skip
    BLIND,
    Bot,
    code_of,
    exchange,
    is_trouble,
    mended_by,
    refused,
    turned_down,
)
from planpush.settings.store import settings

_EACH, _IN_ALL = 5.0, 8.0  # seconds: somebody waits
_LINE = {"text": "A test message from planpush: what happens on published plans will be told here."}
# What is missing, and what that means; the first of each is enough.
_WANTED = {
    ("chat:write",): "it cannot post at all",
    ("users:read.email",): "nobody gets direct messages",
    ("im:write", "mpim:write"): "it cannot look whether a direct message arrived",
    ("channels:history", "groups:history"): "after an outage a message may come twice",
}


class Refusal(Exception):
    """What is wrong, in one sentence, and what to do."""


def check_slack() -> str:
    """Return in a sentence that Slack works. Raises `Refusal`."""
    try:
        return _by_bot() if settings().slack_bot_token else _by_hook()
    except Unreachable as trouble:
        raise Refusal(f"Slack does not answer: {trouble}") from None
    except SlackApiError as error:
        raise Refusal(f"{refused(error).reason}.") from None


def _by_bot() -> str:
    found = settings()
    bot = Bot(found.slack_bot_token, found.slack_api_url, _EACH, _IN_ALL)
    who = bot.auth_test()
    raw = who.headers.get("x-oauth-scopes", "")
    scopes = {one.strip() for one in raw.split(",") if one.strip()}
    if scopes and "chat:write" not in scopes:
        raise Refusal("Add the scope chat:write to the bot, and install the app again.")
    known = f"Slack knows the bot {_short(who.get('user'))} of {_short(who.get('team'))}."
    return " ".join([known, _may_post(bot, found.slack_channel, scopes), *_lacking(scopes)])


def _may_post(bot: Bot, name: str, scopes: set[str]) -> str:
    """Return whether a channel can be posted to, as far as that is to be known."""
    if not name:
        return "No channel is named: only plans with a channel of their own are told of."
    try:
        found = _channel(bot, name)
    except SlackApiError as error:
        if code_of(error) not in BLIND - {"channel_not_found"}:
            raise Refusal(f"The channel {name}: {mended_by(error)}.") from None
        return f"Whether it may post to {name} it cannot tell: {mended_by(error)}."
    if found is None:
        raise Refusal(f"The bot sees no channel {name}: name another one, or invite it there.")
    if found.get("is_archived"):
        raise Refusal(f"The channel {name} is archived: choose another one, or open it again.")
    if found.get("is_member") is False and (
        found.get("is_private") or (scopes and "chat:write.public" not in scopes)
    ):
        raise Refusal(f"The bot is not in the channel {name}: invite it there.")
    return f"It sees the channel {name}."


def _channel(bot: Bot, name: str) -> Mapping[str, Any] | None:
    """Return what Slack tells of a channel; None: no channel is called so."""
    known = name if name.isupper() else channel_id(bot, name)
    found = bot.conversations_info(channel=known).get("channel") if known else None
    return found if isinstance(found, dict) else None


def _lacking(scopes: set[str]) -> list[str]:
    return [
        f"Without the scope {wanted[0]} {means}."
        for wanted, means in _WANTED.items()
        if scopes and not scopes & set(wanted)
    ]


def _by_hook() -> str:
    sent = json.dumps(_LINE).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "planpush"}
    answer = exchange(settings().slack_webhook_url, sent, headers, _EACH)
    if is_trouble(answer):
        raise Refusal(f"Slack refuses the message: {turned_down(answer).reason}.")
    return "Slack took the test message: look for it in the channel."


def _short(value: object) -> str:
    return value[:200] if isinstance(value, str) else "nothing"
