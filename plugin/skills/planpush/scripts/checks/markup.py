"""Tags and text of an HTML source with their positions, as a browser splits it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import TYPE_CHECKING

TEXT, START, END, BROKEN = range(4)
RAW = frozenset(
    [
        "iframe",
        "noembed",
        "noframes",
        "noscript",
        "plaintext",
        "script",
        "style",
        "textarea",
        "title",
        "xmp",
    ]
)

# No pattern may try a character twice: that keeps a hostile source linear, on any Python.
_PLAIN = re.compile(  # nearly every tag is written like this
    r"<(/?)([a-z][a-z0-9]*)((?:[ \n]+[a-z-]+=\"[^\"<>&]*\")*) ?(/?)>"
)
_PAIRS = re.compile(r"([a-z-]+)=\"([^\"]*)\"")
_MARK = re.compile(r"<(?:(/?)([a-zA-Z][^\t\n\f\r />]*)|(!--)|(!\[CDATA\[)|[!?]|/[^a-zA-Z>])")
_ATTRIBUTE = re.compile(
    r"[\t\n\f\r /]*([^\t\n\f\r />][^\t\n\f\r />=]*)(?:[\t\n\f\r ]*(=)[\t\n\f\r ]*"
    r"(?:\"([^\"]*)\"|'([^']*)'|([^\t\n\f\r >\"'][^\t\n\f\r >]*)|(?=>)))?"
)
_END = re.compile(r"[\t\n\f\r /]*>")
_UNREAD = re.compile(r"[\t\n\f\r ]*=")
_COMMENT_END = re.compile(r"(?<=<!--)-?>|--!?>")
_NOTHING: dict[str, str] = {}


if TYPE_CHECKING:  # Python 3.8 cannot run it
    # A kind, where it begins and ends, the name in lower case (of BROKEN: what never ends), the
    # attributes, and whether a slash closes it. A plain tuple: there are many.
    Token = tuple[int, int, int, str, dict[str, str], bool]


def tokens(html: str) -> Iterator[Token]:
    """Yield the tokens in their order; after a BROKEN one, nothing can be told."""
    at = position = foreign = 0
    while (start := html.find("<", position)) >= 0:
        token = _token(html, start, foreign)
        if token is None:
            position = start + 1
            continue
        if start > at:
            yield TEXT, at, start, "", _NOTHING, False
        kind, _, at, name, _, closed = token
        if kind != TEXT:
            yield token
        if kind == BROKEN:
            return
        if name == "svg" and not closed:
            foreign += 1 if kind == START else -1
        elif name in RAW and kind == START and foreign <= 0:
            at = _after_raw(html, name, at)
            if at < 0:
                yield BROKEN, start, start, f"<{name}>", _NOTHING, False
                return
        position = at
    if at < len(html):
        yield TEXT, at, len(html), "", _NOTHING, False


def _token(html: str, at: int, foreign: int) -> Token | None:
    plain = _PLAIN.match(html, at)
    if plain is not None:
        slash, name, pairs, closed = plain.groups()
        attributes = dict(_PAIRS.findall(pairs)[::-1]) if pairs else _NOTHING  # the first counts
        return END if slash else START, at, plain.end(), name, attributes, bool(closed)
    mark = _MARK.match(html, at)
    if mark is None:
        return None
    return _tag(html, mark) if mark[2] else _hidden(html, mark, foreign)


def _tag(html: str, mark: re.Match[str]) -> Token:
    at, position = mark.span()
    attributes: dict[str, str] = {}
    while found := _ATTRIBUTE.match(html, position):
        position = found.end()
        if not found[2] and _UNREAD.match(html, position):
            return BROKEN, at, position, "tag", _NOTHING, False
        value = found[3] or found[4] or found[5] or ""
        attributes.setdefault(found[1].lower(), unescape(value) if "&" in value else value)
    end = _END.match(html, position)
    if end is None:
        return BROKEN, at, position, "tag", _NOTHING, False
    closed = html[end.end() - 2] == "/"
    return END if mark[1] else START, at, end.end(), mark[2].lower(), attributes, closed


def _hidden(html: str, mark: re.Match[str], foreign: int) -> Token:
    """Return a comment and its like as an empty TEXT, which is skipped."""
    at = mark.start()
    if mark[3]:
        close = _COMMENT_END.search(html, at + 4)
        end = close.end() if close else -1
    elif mark[4] and foreign > 0:
        end = html.find("]]>", at) + 3
        end = end if end > 2 else -1
    else:
        return TEXT, at, html.find(">", at) + 1 or len(html), "", _NOTHING, False
    if end < 0:
        what = "comment" if mark[3] else "CDATA section"
        return BROKEN, at, at + 4, what, _NOTHING, False
    return TEXT, at, end, "", _NOTHING, False


def _after_raw(html: str, name: str, at: int) -> int:
    """Return where the text of an element ends that holds no markup, -1 where it never does."""
    if name == "plaintext":
        return len(html)
    close = re.compile(f"</{name}(?=[\\t\\n\\f\\r />])", re.IGNORECASE)
    found = close.search(html, at)
    return found.start() if found else -1
