"""What the bot posts: one thread per plan, no message twice.

A message carries the key of its delivery as metadata: by that it is found again when nobody knows
whether it arrived.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from planpush.channels.slack.blocks import payloads
from planpush.channels.slack.web_api import BLIND, UNFIT, Bot, code_of
from planpush.notifications.leases import Arrived
from planpush.notifications.rendering import Parcel
from planpush.notifications.slack_names import Begun

EVENT = "planpush_delivery"
_ID = re.compile(r"[CDG][A-Z0-9]+")
_PAGE, _PAGES = 100, 5  # messages, looked through for one
_LISTED, _LISTS = 200, 10  # channels, looked through for one name
_SKEW = timedelta(minutes=10)  # between our clock and Slack's
_PLAIN = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
# The message is there no more, or cannot be changed any more.
_LOST = frozenset({
    "message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found",
    "thread_not_found", "cant_broadcast_message", "update_failed", "streaming_state_conflict",
})  # fmt: skip
_GONE = frozenset({"message_not_found", "thread_not_found", "channel_not_found"})
_NO_THREAD = frozenset({
    "thread_not_found", "message_not_found", "cannot_reply_to_message", "invalid_thread_ts",
    "restricted_action_thread_locked", "restricted_action_non_threadable_channel",
})  # fmt: skip


class Posting:
    """One delivery, on its way to a channel or a person. All that it calls raises what `Bot` does.

    `root` is the ts of the plan's thread, empty if this message begins it.
    """

    def __init__(self, bot: Bot, parcel: Parcel, to: str) -> None:
        self.bot, self.parcel, self.to = bot, parcel, to
        self.root = parcel.names.root
        # Another planpush may post to the same channel.
        payload = {"delivery": parcel.message.key, "plan": parcel.message.url}
        self.metadata = {"event_type": EVENT, "event_payload": payload}

    def tell_channel(self) -> Arrived:
        """Let the message stand in the channel as it reads now."""
        remote = self.parcel.remote
        if remote.get("ts") and self._rewritten(remote):
            return Arrived(remote)
        found = self._found() if self.parcel.unsure else {}
        if found and self._rewritten(found):
            return self._arrived(found)
        return self._arrived(self._posted())

    def tell_person(self) -> dict[str, Any]:
        """Post to a person, unless it is there already; return what Slack calls the message."""
        found = self._found_with_person() if self.parcel.unsure else {}
        return found or self._post({})

    def _arrived(self, message: dict[str, Any]) -> Arrived:
        if self.root:
            return Arrived(message)
        begun = Begun(self.parcel.plan_id, self.to[:80], message["channel"], message["ts"])
        return Arrived(message, [begun])

    def _rewritten(self, message: dict[str, Any]) -> bool:
        """Let a message say what it says now; False: it cannot, so it is told anew."""
        at = {"channel": message["channel"], "ts": message["ts"], "metadata": self.metadata}
        try:
            self._write(lambda form: self.bot.chat_update(**{"blocks": []} | form | at))
        except SlackApiError as error:
            if code_of(error) not in _LOST:
                raise
            if code_of(error) in _GONE and message["ts"] == self.root:
                self.root = ""
            return False
        return True

    def _posted(self) -> dict[str, Any]:
        if not self.root:
            return self._post({})
        try:
            return self._post({"thread_ts": self.root})
        except SlackApiError as error:
            if code_of(error) not in _NO_THREAD:
                raise
        self.root = ""
        return self._post({})

    def _post(self, where: dict[str, Any]) -> dict[str, Any]:
        told = {"channel": self.to, "metadata": self.metadata} | _PLAIN | where
        answer = self._write(lambda form: self.bot.chat_postMessage(**form | told))
        return {"channel": str(answer.get("channel", "")), "ts": str(answer.get("ts", ""))}

    def _write(self, call: Callable[[dict[str, Any]], SlackResponse]) -> SlackResponse:
        """Write the message; what Slack finds too long it gets shorter.

        Looking for it may have taken minutes: its plan may be private by now. Raises `Hidden` then.
        """
        self.parcel.check()
        forms = list(payloads(self.parcel.message))
        for form in forms[:-1]:
            try:
                return call(form)
            except SlackApiError as error:
                if code_of(error) not in UNFIT:
                    raise
        return call(forms[-1])

    def _found(self) -> dict[str, Any]:
        """Return what this delivery is called in the channel, empty if it is not there."""
        channel = self._seen(self._channel_id) or ""
        found: dict[str, Any] = {}
        if channel and self.root:
            found = self._seen(lambda: self._among("conversations.replies", channel)) or {}
        if channel and not found:
            found = self._seen(lambda: self._among("conversations.history", channel)) or {}
            self.root = "" if found else self.root
        return found

    def _found_with_person(self) -> dict[str, Any]:
        def look() -> dict[str, Any]:
            opened = self.bot.conversations_open(users=self.to).get("channel")
            channel = str(opened.get("id", "")) if isinstance(opened, dict) else ""
            return self._among("conversations.history", channel)

        return self._seen(look) or {}

    def _seen(self, look: Callable[[], Any]) -> Any:
        """Return what is seen; None where the bot may not look: then it is posted once more."""
        try:
            return look()
        except SlackApiError as error:
            if code_of(error) in BLIND:
                return None
            raise

    def _among(self, method: str, channel: str) -> dict[str, Any]:
        """Look through a channel, or the plan's thread in it, for this delivery."""
        since = min(item.at for item in self.parcel.message.items) - _SKEW
        told = {"channel": channel, "oldest": f"{since.timestamp():.6f}", "limit": _PAGE}
        told |= {"include_all_metadata": True}
        told |= {"ts": self.root} if method == "conversations.replies" else {}
        for message in pages(self.bot, method, told, "messages", _PAGES):
            if message.get("ts") != self.parcel.remote.get("ts") and self._is_mine(message):
                return {"channel": channel, "ts": str(message["ts"])}
        return {}

    def _is_mine(self, message: dict[str, Any]) -> bool:
        metadata = message.get("metadata")
        return isinstance(metadata, dict) and all(
            metadata.get(name) == value for name, value in self.metadata.items()
        )

    def _channel_id(self) -> str:
        """Return Slack's own name of the channel, empty if it is not to be found."""
        if self.parcel.names.channel_id or _ID.fullmatch(self.to):
            return self.parcel.names.channel_id or self.to
        return channel_id(self.bot, self.to)


def channel_id(bot: Bot, name: str) -> str:
    """Return the id of a channel by its name, empty if the bot sees none of that name."""
    told = {"types": "public_channel,private_channel", "limit": _LISTED, "exclude_archived": True}
    for channel in pages(bot, "conversations.list", told, "channels", _LISTS):
        if channel.get("name") == name.removeprefix("#"):
            return str(channel.get("id", ""))
    return ""


def pages(
    bot: Bot, method: str, told: dict[str, Any], name: str, most: int
) -> Iterable[dict[str, Any]]:
    """Give what a method lists under a name, of so many pages at the most."""
    cursor = ""
    for _ in range(most):
        more = {"cursor": cursor} if cursor else {}
        answer = bot.api_call(method, params=told | more)
        found = answer.get(name)
        yield from (one for one in found or () if isinstance(one, dict))
        ahead = answer.get("response_metadata")
        cursor = str(ahead.get("next_cursor") or "") if isinstance(ahead, dict) else ""
        if not cursor:
            return
