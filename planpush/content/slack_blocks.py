"""Slack's Block Kit: a message as blocks in which whatever people wrote stays plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from planpush.content.message import Item, Message

_SECTION = 3_000  # characters of a text, as Slack counts them: after escaping
_TITLE = 150


def escaped(text: str) -> str:
    """Return a text in which nothing is markup or a mention for Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def blocks(message: Message) -> list[dict[str, Any]]:
    """Return the blocks of a message."""
    head = {"type": "header", "text": _plain(message.title, _TITLE)}
    return [head, *(block for item in message.items for block in _item(item))]


def fallback(message: Message) -> str:
    """Return the line that notifications show."""
    said = "; ".join(sentence(item) for item in message.items[:3])
    return escaped(f"{message.title}: {said}")[:_SECTION]


def sentence(item: Item) -> str:
    """Return who did what."""
    who = f"{item.actor.name}'s agent" if item.actor.agent else item.actor.name or "Somebody"
    place = f" on {item.where}" if item.where else ""
    told = {
        "comment.added": f"{who} {'commented' if item.opens else 'replied'}{place}",
        "thread.resolved": f"{who} resolved a thread{place}",
        "thread.reopened": f"{who} reopened a thread{place}",
        "version.pushed": f"{who} pushed version {item.version}",
        "plan.published": f"{who} published version {item.version}",
    }
    return told.get(item.kind, f"{who}: {item.kind}")


def _item(item: Item) -> Iterator[dict[str, Any]]:
    yield {"type": "context", "elements": [_plain(sentence(item), _SECTION)]}
    for text in (f"“{item.quote}”" if item.quote else "", item.words):
        if text:
            yield {"type": "section", "text": _plain(text, _SECTION)}
    label = "Open the thread" if item.thread else "Open the plan"
    button = {"type": "button", "text": _plain(label, 75), "url": item.url}
    yield {"type": "actions", "elements": [button]}


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": _cut(text, most), "emoji": False}


def _cut(text: str, most: int) -> str:
    """Return a text, escaped and no longer than `most`; no entity is cut in two."""
    whole = escaped(text)
    if len(whole) <= most:
        return whole
    parts: Sequence[str] = [escaped(mark) for mark in text[:most]]
    size, kept = 1, list[str]()
    for part in parts:
        size += len(part)
        if size > most:
            break
        kept.append(part)
    return "".join(kept) + "…"
