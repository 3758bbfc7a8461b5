"""Tags and text of a source as an author wrote it, with their offsets.

The source has passed `sanitizer.limits`, which splits it by the same expressions. Only a control
character, which that skips, can hide the end of a tag or comment here; nothing follows then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from planpush.document.html.elements import RAW
from planpush.document.html.source import ATTRIBUTE, COMMENT_END, TOKEN, raw_end

TEXT, START, END = range(3)
# A kind, where it begins and ends, the name in lower case, the attributes, and whether a slash
# closes it. A plain tuple: there are many.
Token = tuple[int, int, int, str, dict[str, str], bool]
_NOTHING: dict[str, str] = {}


def tokens(html: str) -> Iterator[Token]:
    """Yield the tokens in their order."""
    position = foreign = 0
    while found := TOKEN.search(html, position):
        at = found.start()
        if at > position:
            yield TEXT, position, at, "", _NOTHING, False
        if found["tag"]:
            name, position = found["name"].lower(), found.end()
            kind, closed = END if found["slash"] else START, bool(found["closed"])
            yield kind, at, position, name, _attributes(found["attributes"]), closed
            if name == "svg" and not closed:
                foreign += 1 if kind == START else -1
            elif name in RAW and kind == START and foreign <= 0:
                close = raw_end(name).search(html, position)
                position = close.start() if close and name != "plaintext" else len(html)
        else:
            position = _after_hidden(html, found, foreign > 0)
    if position < len(html):
        yield TEXT, position, len(html), "", _NOTHING, False


def _attributes(text: str) -> dict[str, str]:
    """Return the attributes of a tag; of two with one name, the first counts."""
    if not text:
        return _NOTHING
    attributes: dict[str, str] = {}
    for name, *values in ATTRIBUTE.findall(text):
        attributes.setdefault(name.lower(), unescape("".join(values)))
    return attributes


def _after_hidden(html: str, found: re.Match[str], is_foreign: bool) -> int:
    """Return where a comment ends, or what browsers read as one."""
    at = found.start()
    if found["broken"]:
        return len(html)
    if found["comment"]:
        close = COMMENT_END.search(html, at + 4)
        return close.end() if close else len(html)
    end = html.find("]]>", at) + 2 if found["cdata"] and is_foreign else html.find(">", at)
    return end + 1 if end > 1 else len(html)
