"""Slack's Web API: requests, errors and who can fix them."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from planpush.channels.safe_http import Answer, Refused, Unreachable, post
from planpush.notifications.leases import Failed

# Longer than Slack may think: who gives up earlier does not know whether it arrived.
PATIENCE = 60.0  # seconds for one call
_IN_ALL = 120.0  # for all calls that one message takes
_LARGEST = 4 * 1024 * 1024  # bytes: a page of a channel's messages
# An admin chose the address, so it may be anywhere: an emulator, a gateway inside.
_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_QUIET = logging.Logger("slack", logging.CRITICAL)  # of nobody's tree: addresses are secrets
_QUIET.addHandler(logging.NullHandler())


def exchange(
    url: str, body: bytes, headers: Mapping[str, str], seconds: float = PATIENCE
) -> Answer:
    """POST, and return the answer. Raises `Unreachable`."""
    try:
        return post(url, body, headers, _ANYWHERE, seconds=seconds, largest=_LARGEST)
    except Refused as reason:
        raise Unreachable(str(reason)) from None


def wait_of(status: int, headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks us to wait; None: it does not. Names in lower case."""
    if status != 429:
        return None
    raw = headers.get("retry-after", "").strip()
    return float(raw[:6]) if raw.isascii() and raw.isdecimal() else 30.0


class Bot(WebClient):
    """Slack's own client, for one message. It raises `Unreachable` and `SlackApiError`."""

    def __init__(
        self, token: str, api_url: str, seconds: float = PATIENCE, in_all: float = _IN_ALL
    ) -> None:
        super().__init__(token, base_url=f"{api_url}/", logger=_QUIET, retry_handlers=[])
        self.seconds, self.ends = seconds, time.monotonic() + in_all

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        sent = req.data if isinstance(req.data, bytes) else b""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise Unreachable("It took too long")
        answer = exchange(url, sent, dict(req.header_items()), min(self.seconds, left))
        told = {"status": answer.status, "headers": answer.headers, "body": answer.text}
        return told | {"parsed_body": _object(answer.text)}


def _object(text: str) -> dict[str, Any]:
    """Return what Slack said; what is no JSON object was cut off, or is not Slack's."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"ok": False, "error": "not_understood"}


_INVITE = "invite the bot into the channel, or add the scope chat:write.public to it"
_CHOOSE = "choose another channel, or open it again"
_TOKEN = "install the app into the workspace again, and enter its new bot token"  # noqa: S105
_HOOK = "make a new incoming webhook at Slack, and enter its address"
_ALLOW = "ask an admin of the workspace to let the app post there"
_MEND = {
    "channel_not_found": "name a channel that exists; into a private one, invite the bot",
    "not_in_channel": _INVITE, "is_archived": _CHOOSE, "channel_is_archived": _CHOOSE,
    "not_authed": _TOKEN, "invalid_auth": _TOKEN, "account_inactive": _TOKEN,
    "token_revoked": _TOKEN, "token_expired": _TOKEN, "not_allowed_token_type": _TOKEN,
    "org_login_required": _TOKEN, "team_access_not_granted": _TOKEN, "two_factor_setup_required":
    _TOKEN, "no_permission": _ALLOW, "restricted_action": _ALLOW, "access_denied": _ALLOW,
    "restricted_action_read_only_channel": _ALLOW, "restricted_action_thread_locked": _ALLOW,
    "restricted_action_thread_only_channel": _ALLOW, "restricted_action_non_threadable_channel":
    _ALLOW, "action_prohibited": _ALLOW, "posting_to_general_channel_denied": _ALLOW,
    "enterprise_is_restricted": _ALLOW, "ekm_access_denied": _ALLOW, "accesslimited": _ALLOW,
    "slack_connect_canvas_sharing_blocked": _ALLOW, "team_not_found": _TOKEN,
    "messages_tab_disabled": "switch on the Messages tab under App Home of the app",
    "deprecated_endpoint": "check the API address", "unknown_method": "check the API address",
    "method_deprecated": "check the API address", "not_understood": "check the API address",
    "invalid_token": _HOOK, "no_service": _HOOK, "no_service_id": _HOOK, "no_active_hooks": _HOOK,
    "no_team": _HOOK, "team_disabled": "the workspace is switched off at Slack",
    "user_not_found": _HOOK,
}  # fmt: skip
# A webhook's channel is chosen at Slack.
_HOOKS = {
    "channel_not_found": _HOOK,
    "channel_is_archived": "open the channel again, or make a new incoming webhook at Slack",
}
# Slack itself fails, and may have posted all the same.
_SHAKY = frozenset({
    "internal_error", "fatal_error", "service_unavailable", "request_timeout",
    "team_added_to_org", "rollup_error", "external_channel_migrating",
})  # fmt: skip
# Slack does not take the message as it is: a shorter or simpler one may do.
UNFIT = frozenset({
    "msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format",
    "too_many_attachments", "invalid_payload", "no_text", "invalid_metadata_format",
    "invalid_metadata_schema", "metadata_too_large", "metadata_must_be_sent_from_app",
})  # fmt: skip
# The bot may not look what is there.
BLIND = frozenset({
    "missing_scope", "not_in_channel", "channel_not_found", "thread_not_found", "access_denied",
    "no_permission", "not_allowed_token_type", "unknown_method", "method_deprecated",
    "message_not_found", "invalid_types", "method_not_supported_for_channel_type",
    "user_not_found", "user_disabled", "cannot_dm_bot", "invalid_cursor", "users_not_found",
})  # fmt: skip
_OURS = frozenset({"invalid_arguments", "invalid_arg_name", "invalid_array_arg"})


def code_of(error: SlackApiError) -> str:
    """Return the word with which Slack refuses, empty if there is none."""
    data: Any = error.response.data
    said = data.get("error") if isinstance(data, Mapping) else None
    return said[:100] if isinstance(said, str) else ""


def mended_by(error: SlackApiError) -> str:
    """Return what Slack says, and what an admin can do about it, in a sentence."""
    code = code_of(error) or "nothing"
    data: Any = error.response.data
    if code == "missing_scope":
        needed = str(data.get("needed") or "a scope")[:200]
        return f"Slack says missing_scope: add {needed} to the bot, and install the app again"
    mend = _MEND.get(code, "look for it in Slack's documentation")
    return _sentence(code, error.response.status_code, mend)


def refused(error: SlackApiError) -> Failed:
    """Return what a refusal of the bot means."""
    status, code = error.response.status_code, code_of(error)
    busy = wait_of(status, error.response.headers)
    if busy is None and code in ("ratelimited", "rate_limited", "message_limit_exceeded"):
        busy = 30.0
    if busy is not None:
        return Failed("Slack asks us to wait", retry_after=busy)
    if status >= 500 or code in _SHAKY:
        return Failed(
            f"Slack has trouble of its own ({status if status >= 500 else code})", unsure=True
        )
    if code in UNFIT:
        return Failed(f"Slack does not take this message ({code})", whole=False, final=True)
    if code in _OURS:
        return Failed(f"Slack does not understand us ({code})", whole=False)
    return Failed(mended_by(error), unsure=code == "not_understood" and status == 200)


def turned_down(answer: Answer) -> Failed:
    """Return what an answer of a webhook means, other than "ok"."""
    status, code = answer.status, answer.text.strip()[:100]
    busy = wait_of(status, answer.headers)
    if busy is not None:
        return Failed("Slack asks us to wait", retry_after=busy)
    if status >= 500 or status == 408:
        return Failed(f"Slack has trouble of its own ({status})", unsure=True)
    if code not in _MEND and status in (400, 413):
        what = code if code in UNFIT else status
        return Failed(f"Slack does not take this message ({what})", whole=False, final=True)
    known = code if code in _MEND else str(status)
    return Failed(_sentence(known, status, _HOOKS.get(code) or _MEND.get(code, _HOOK)))


def is_trouble(answer: Answer) -> bool:
    """Tell whether an answer of a webhook is a refusal."""
    return answer.status != 200 or answer.text.strip()[:100] in _MEND


def unheard(trouble: Unreachable) -> Failed:
    """Return what no answer means."""
    return Failed(f"Slack does not answer: {trouble}", unsure=trouble.sent)


def _sentence(code: str, status: int, mend: str) -> str:
    if 300 <= status < 400:
        return f"The address leads elsewhere ({status}): enter the one that Slack gave"
    return f"Slack says {code}: {mend}"
