"""Messages as Block Kit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from planpush.channels.slack.sentences import (  # fmt: skip
    DELETED,
    changes,
    counted,
    deed,
    fallback,
    is_new,
    sentence,
    title,
    told,
    who,
    why,
)
from planpush.channels.slack.text import (  # fmt: skip
    clean,
    escaped,
    head,
    is_visible,
    isolated,
    line,
    shortened,
    size,
    split,
)
from planpush.notifications.message import Item, Message

# Slack's limits: characters of a text after escaping, blocks of a message. What all of a message
# may have it does not say; it has been seen to refuse 13,200 characters.
_SECTION, _CONTEXT, _HEADER, _BUTTON, _URL = 3_000, 2_000, 150, 75, 3_000
_BLOCKS, _ALL = 50, 12_000
_SHORT_BLOCKS, _SHORT_ALL = 10, 2_500
_QUOTE = 1_000
_GLIMPSE = 300  # characters of a comment that is told with many others
_SEVERAL = 6  # items of one thread in a block
_LONG = 6  # so many items are told in full, each with so many characters as all leave it
_ROOMS = (11_000, 9_000, 5_500, 3_500, 2_200, 1_400, 800)

Block = dict[str, Any]


def payloads(message: Message) -> Iterator[dict[str, Any]]:
    """Give what to send; the next is for a Slack that found the one before too long or invalid."""
    text = fallback(message)
    whole = blocks(message)
    yield {"text": text, "blocks": whole}
    brief = _brief(message, _SHORT_BLOCKS, _SHORT_ALL)
    if brief != whole:
        yield {"text": text, "blocks": brief}
    yield {"text": f"{text} {escaped(message.url)}" if len(message.url) < _URL else text}


def blocks(message: Message) -> list[Block]:
    """Return the blocks of a message: in full if it is about little, else the gist of each item."""
    if len(told(message)) <= _LONG:
        for room in _ROOMS:
            whole = _full(message, room)
            if len(whole) <= _BLOCKS and length(whole) <= _ALL:
                return whole
    return _brief(message, _BLOCKS, _ALL)


def length(found: Sequence[Block]) -> int:
    """Return how many characters all texts of some blocks have."""
    return sum(_length(block) for block in found)


def _full(message: Message, room: int) -> list[Block]:
    items = told(message)
    made = [*_head(message, items)]
    for group in _groups(items):
        for item in group:
            if item is group[0]:
                made += _intro(item, message.why if len(items) == 1 else "")
            else:
                made.append(_context(f"{who(item, role=True)} {deed(item)}"))
            made += _words(item, room)
        made.append(_actions(group[0]))
    return made


def _head(message: Message, items: Sequence[Item]) -> Iterator[Block]:
    yield {"type": "header", "text": _plain(title(message), _HEADER)}
    lines = ["New plan"] if is_new(message) else []
    lines += [counted(items)] if len(items) > 1 else []
    lines += [why(message)] if why(message) else []
    if lines:
        yield _context(" · ".join(lines))


def _groups(items: Sequence[Item]) -> list[list[Item]]:
    """Return items of one thread together, in the order in which each thread comes first."""
    found: dict[object, list[Item]] = {}
    for item in items:
        found.setdefault(item.thread or (item.event, item.kind), []).append(item)
    return list(found.values())


def _intro(item: Item, reason: str) -> Iterator[Block]:
    on = f", version {item.version}" if item.thread and item.version else ""
    yield _context(f"{sentence(item, reason, role=True)}{on}")
    if is_visible(line(item.quote)) and line(item.quote) != line(item.where):
        yield _context(f"“{isolated(item.quote, _QUOTE)}”")


def _words(item: Item, room: int) -> Iterator[Block]:
    if item.deleted:
        yield _context(DELETED)
        return
    words = clean(item.words)
    fitting = words if size(words) <= room else head(words, room)
    for piece in split(fitting, _SECTION):
        yield {"type": "section", "text": {"type": "plain_text", "text": piece, "emoji": False}}
    if len(fitting) < len(words):
        yield _context(f"… and {len(words) - len(fitting):,} more characters")
    if what := "\n".join(changes(item)):
        yield _context(what)


def _brief(message: Message, most: int, room: int) -> list[Block]:
    """Return a block for each thread and version, with the gist of each item, as many as fit."""
    items = told(message)
    made, left = [*_head(message, items)], len(items)
    parts = (
        group[n : n + _SEVERAL] for group in _groups(items) for n in range(0, len(group), _SEVERAL)
    )
    for part in parts:
        block, shown = _gist(part, message.why if len(items) == 1 else "")
        if len(made) + 3 > most or length(made) + _length(block) + 200 > room:
            break
        made.append(block)
        left -= shown
    if left:
        made.append(_context(f"and {left:,} more"))
    made.append(_link("Open the plan", message.url))
    return made


def _gist(items: Sequence[Item], reason: str) -> tuple[Block, int]:
    """Return one block about items of one thread, or a version, and how many are in it."""
    first, lines = items[0], list[str]()
    for item in items:
        told_of = sentence(item, reason) if item is first else f"{who(item)} {deed(item)}"
        words = DELETED if item.deleted else isolated(item.words, _GLIMPSE)
        lines.append(f"{told_of}: {words}" if is_visible(words) else told_of)
        if size("\n".join(lines)) > _SECTION:
            lines.pop()
            break
    block: Block = {"type": "section", "text": _plain("\n".join(lines), _SECTION)}
    if button := _button("Open", first.url):
        block["accessory"] = button
    return block, len(lines)


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_plain(text, _CONTEXT)]}


def _actions(item: Item) -> Block:
    plan = f"Open version {item.version}" if "?v=" in item.url else "Open the plan"
    return _link("Open the thread" if item.thread else plan, item.url)


def _link(label: str, url: str) -> Block:
    """Return a button that opens an address, or, if Slack does not take that, says where it is."""
    button = _button(label, url)
    return {"type": "actions", "elements": [button]} if button else _context(url)


def _button(label: str, url: str) -> Block:
    if len(url) > _URL:
        return {}
    return {"type": "button", "text": _plain(label, _BUTTON), "url": url}


def _plain(text: str, most: int) -> Block:
    return {"type": "plain_text", "text": shortened(text, most), "emoji": False}


def _length(block: Block) -> int:
    texts = [block.get("text"), *block.get("elements", ()), block.get("accessory")]
    texts = [one.get("text", "") if one else "" for one in texts]
    return sum(len(one["text"] if isinstance(one, dict) else one) for one in texts)
