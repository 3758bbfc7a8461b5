"""A plan's own channel at Slack: messages about it go there instead of the server's."""

from __future__ import annotations

import re

from planpush.content.problem import Finding, Invalid
from planpush.models.plan import Plan
from planpush.models.setting import settings
from planpush.models.user import User

LONGEST = 80
_ID = re.compile(r"[CG][A-Z0-9]{8,20}")


def choose_channel(plan: Plan, typed: str, *, by: User) -> None:
    """Let messages about a plan go to a channel of its own; empty: to the server's.

    Raises `Forbidden`, and `Invalid` for what no channel is called, or while no bot is set up.
    """
    plan.only_managers(by)
    channel = checked(typed)
    if channel and not settings().slack_bot_token:
        message = "This server has no Slack bot, so a plan cannot have a channel of its own."
        raise Invalid(message, [Finding("no_bot", message, field="channel")])
    if channel != plan.slack_channel:
        data = {"before": plan.slack_channel, "after": channel}
        plan.slack_channel = channel
        plan.record("plan.channel_changed", by=by, data=data)


def shown(channel: str) -> str:
    """Return a channel as people write it: #design, or its id."""
    name = channel.removeprefix("#")
    return f"#{name}" if name and not name.isupper() else name


def checked(typed: str) -> str:
    """Return a channel's name without its #, or its id. Raises `Invalid`."""
    name = typed.strip().removeprefix("#")
    # Slack's names are of small letters of any script, digits, and - _ .
    plain = all((mark.isalnum() and mark == mark.lower()) or mark in "-_." for mark in name)
    if _ID.fullmatch(name) or (plain and len(name) <= LONGEST):
        return name
    message = (
        f"A channel's name has small letters, digits and - _ . only, at most {LONGEST}; "
        "an id looks like C0123ABCD."
    )
    raise Invalid(message, [Finding("channel", message, field="channel")])
