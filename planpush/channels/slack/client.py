"""Sends messages to Slack by bot or incoming webhook."""

from __future__ import annotations

import json
from dataclasses import replace

from slack_sdk.errors import SlackApiError

from planpush.channels.safe_http import Unreachable
from planpush.channels.slack.blocks import payloads
from planpush.channels.slack.bot import Posting
from planpush.channels.slack.web_api import (
    Bot,
    code_of,
    exchange,
    is_trouble,
    refused,
    turned_down,
    unheard,
)
from planpush.notifications.leases import Arrived, Dropped, Outcome
from planpush.notifications.rendering import Parcel
from planpush.notifications.slack_names import Met
from planpush.setting_specs import Settings
from planpush.settings.store import settings

_PLAIN = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
_JSON = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "planpush"}
# Slack knows them no more, or never: nothing that anybody mends here.
_UNKNOWN = frozenset({"users_not_found", "user_not_found", "user_disabled", "user_not_visible"})
_AWAY = _UNKNOWN | {"channel_not_found", "cannot_dm_bot", "is_archived"}


def to_channel(parcel: Parcel) -> Outcome:
    """Tell a channel: as a bot if there is one, which alone may choose a plan's own channel."""
    found = settings()
    if found.slack_bot_token and parcel.names.channel:
        return _by_bot(parcel, found)
    if ":" in parcel.outlet or not found.slack_webhook_url:
        return Dropped("Slack is not set up for this any more")
    return _by_hook(parcel, found.slack_webhook_url)


def to_person(parcel: Parcel) -> Outcome:
    """Tell one person, in a conversation of the bot with them."""
    found = settings()
    if not found.slack_bot_token:
        return Dropped("A message to a person takes a bot, and there is none any more")
    bot = Bot(found.slack_bot_token, found.slack_api_url)
    known, learnt = parcel.names.slack_id, list[Met]()
    try:
        if known is None:
            known = _look_up(bot, parcel.names.email)
            learnt.append(Met(parcel.user_id or 0, parcel.names.email, known))
        if not known:
            return Dropped("Slack knows nobody with this address", learnt)
        return Arrived(Posting(bot, parcel, known).tell_person(), learnt)
    except Unreachable as trouble:
        failed = unheard(trouble)
    except SlackApiError as error:
        if known and code_of(error) in _AWAY:
            return _away(parcel, code_of(error))
        failed = refused(error)
    return replace(failed, learnt=learnt)


def _away(parcel: Parcel, code: str) -> Outcome:
    """Ask once more who somebody is, if that was long ago: they are another one by now, or gone."""
    if parcel.names.slack_id:
        return to_person(replace(parcel, names=replace(parcel.names, slack_id=None)))
    gone = Met(parcel.user_id or 0, parcel.names.email, "")
    return Dropped(f"Slack does not reach this person ({code})", [gone])


def _look_up(bot: Bot, email: str) -> str:
    """Return who somebody is at Slack, empty if it knows nobody."""
    try:
        user = bot.users_lookupByEmail(email=email).get("user")
    except SlackApiError as error:
        if code_of(error) in _UNKNOWN:
            return ""
        raise
    return str(user.get("id", "")) if isinstance(user, dict) else ""


def _by_bot(parcel: Parcel, found: Settings) -> Outcome:
    bot = Bot(found.slack_bot_token, found.slack_api_url)
    try:
        return Posting(bot, parcel, parcel.names.channel).tell_channel()
    except Unreachable as trouble:
        return unheard(trouble)
    except SlackApiError as error:
        return refused(error)


def _by_hook(parcel: Parcel, url: str) -> Outcome:
    """Post to an incoming webhook; what it finds too long it gets shorter."""
    outcome: Outcome = Dropped("There is nothing to tell")
    for form in payloads(parcel.message):
        try:
            answer = exchange(url, json.dumps(form | _PLAIN).encode(), _JSON)
        except Unreachable as trouble:
            return unheard(trouble)
        if not is_trouble(answer):
            return Arrived()
        outcome = failed = turned_down(answer)
        if not failed.final:
            break
    return outcome
