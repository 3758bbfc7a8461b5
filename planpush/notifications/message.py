"""A message as plain values, before a channel formats it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

MENTION = "mention"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something; `agent`: by way of a program that acts for them."""

    name: str = ""
    role: str = ""
    agent: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One event, in words of people: all texts are theirs and untrusted.

    `where` is the section's title, `quote` what a thread was opened on, `words` a comment or the
    message of a push; `deleted`: its author took the words back. `changes` are the sections that
    a version added, changed and removed, by title.
    """

    event: int
    kind: str
    at: datetime
    actor: Actor
    url: str
    version: int = 0
    thread: int = 0
    opens: bool = False  # the comment that a thread was opened with
    anchor: str = ""
    where: str = ""
    quote: str = ""
    comment: int = 0
    words: str = ""
    deleted: bool = False
    status: str = ""  # of an answer
    added: Sequence[str] = ()
    changed: Sequence[str] = ()
    removed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What one message tells of a plan. `key` stays the same however often it is tried.

    `why` is what makes it one person's business, empty in a channel: see `preference.KINDS`.
    """

    key: str
    slug: str
    title: str
    url: str
    items: Sequence[Item]
    why: str = ""
