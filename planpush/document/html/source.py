"""How the source of a document splits into tags, comments and text, as a browser's tokenizer does.

No expression tries a character twice: a hostile source costs linear time.
"""

from __future__ import annotations

import re
from functools import cache

_SPACE = r"[\t\n\f\r ]"
_VALUE = r"\"([^\"]*+)\"|'([^']*+)'|([^\t\n\f\r >\"'][^\t\n\f\r >]*+)|(?=>|\Z)"
_ATTRIBUTE = (
    rf"([^\t\n\f\r />][^\t\n\f\r />=]*+)(?:{_SPACE}*+={_SPACE}*+(?:{_VALUE}))?+"
    rf"(?!{_SPACE}*+={_SPACE}*+[\"'])"  # a quote that never closes swallows the rest
)
_NAME = r"[a-zA-Z][^\t\n\f\r />]*+"

ATTRIBUTE = re.compile(_ATTRIBUTE)
"""An attribute within a tag: its name, and its value in one of three groups."""

TOKEN = re.compile(
    r"<(?:(?P<tag>(?P<slash>/?)"
    rf"(?P<name>{_NAME})(?P<attributes>(?:{_SPACE}++|/(?!>)|{_ATTRIBUTE})*+)(?P<closed>/?)>)"
    r"|(?P<comment>!--)|(?P<cdata>!\[CDATA\[)|(?P<bogus>[!?]|/[^a-zA-Z>])|(?P<broken>/?[a-zA-Z]))"
)
"""A tag, or where a comment or what is read as one begins. `broken` is a tag that never ends."""

COMMENT_END = re.compile(r"(?<=<!--)-?>|--!?>")
"""Searched from behind `<!--`."""


@cache
def raw_end(name: str) -> re.Pattern[str]:
    """Return what ends the text of an element that holds no markup."""
    return re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE)
