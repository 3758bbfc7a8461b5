"""Notification preferences."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from planpush.accounts.user import User
from planpush.database.session import now

MENTION, TURN, COMMENT, NEWER, RESOLUTION = "mention", "turn", "comment", "version", "resolution"
APP, SLACK = "app", "slack"
NOW, OFF = "now", "off"
KINDS = {
    MENTION: ("Mentions", "A comment names you"),
    TURN: ("Your turn", "A reply in a thread of yours, a review, or a plan for you to own or edit"),
    COMMENT: ("Comments", "Somebody comments on a plan that you own or edit"),
    NEWER: ("New versions", "Of a plan that you own, edit, review or have commented on"),
    RESOLUTION: ("Resolved threads", "A thread of yours, or on your plan, is resolved or reopened"),
}
"""Why somebody is told, the strongest reason first: its name, and what it means."""
WAYS = {APP: "In planpush", SLACK: "In Slack"}
_DEFAULTS = {APP: frozenset(KINDS), SLACK: frozenset({MENTION, TURN})}


@dataclass(frozen=True, slots=True)
class Preset:
    """A choice for all ways at once."""

    name: str
    label: str
    kinds: tuple[str, ...]


PRESETS = (
    Preset("mentions", "Mentions only", (MENTION,)),
    Preset("mine", "My plans", (MENTION, TURN, COMMENT)),
    Preset("everything", "Everything", tuple(KINDS)),
)


def chosen(notify: Mapping[str, Any], kind: str, way: str) -> str:
    """Return how somebody is told of a kind of thing by a way: "now" or "off".

    `notify` is what a `User` keeps: only what differs from what everybody starts with.
    """
    standard = NOW if kind in _DEFAULTS[way] else OFF
    return str(notify.get(kind, {}).get(way, standard))


def ways_for(notify: Mapping[str, Any], kind: str, *, muted: bool = False) -> set[str]:
    """Return the ways by which somebody is told of a kind of thing at once.

    Of a plan that they muted they are told when they are mentioned, and that in the app only.
    """
    ways = {way for way in WAYS if chosen(notify, kind, way) == NOW}
    if muted:
        ways &= {APP} if kind == MENTION else set()
    return ways


def choose(user: User, wanted: Collection[tuple[str, str]]) -> None:
    """Keep what a person wants to be told of: kinds, each with a way; all others are off."""
    notify: dict[str, dict[str, str]] = {}
    for kind in KINDS:
        for way in WAYS:
            value = NOW if (kind, way) in wanted else OFF
            if value != chosen({}, kind, way):
                notify.setdefault(kind, {})[way] = value
    user.notify, user.updated_at = notify, now()


def of_preset(name: str) -> set[tuple[str, str]] | None:
    """Return the kinds, each with a way, of a preset; None: there is none of that name."""
    found = next((one for one in PRESETS if one.name == name), None)
    return {(kind, way) for kind in found.kinds for way in WAYS} if found else None
