"""The sanitizer: what it returns is safe to print, and sanitizing it again changes nothing.

Run `limits.check` first: the parser's cost is not bounded here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import nh3

from planpush.document.html.elements import words
from planpush.document.sanitizer import attributes
from planpush.document.sanitizer.attributes import ID_PREFIX, strip_controls
from planpush.document.vocabulary import (
    ATTRIBUTES,
    CLASSES,
    COLOURS,
    ELEMENTS,
    ICONS,
    PRESENTATION,
    ROLES,
    SVG,
)
from planpush.errors import Finding, InvalidDocument

__all__ = ["ID_PREFIX", "TAGS", "clean"]

TAGS = ELEMENTS
_ROUNDS = 6
_GROWTH = 3
_ROOM = 256 * 1024  # links gain a rel, references a prefix: short ones may grow more than threefold
_DROPPED_WITH_CONTENT = words(
    "script style title desc metadata template noscript noembed noframes iframe object math"
)
_LEADING_LINES = re.compile(r"(<pre(?: [^<>]*)?>)\n+")
_INPUT = re.compile(r"<input((?: [^\s=<>]+=\"[^\"]*\")*)>")
_DIRECT = re.compile(r' (?:type|disabled)="[^"]*"')
_REFERENCES = words("headers aria-labelledby aria-describedby aria-details aria-controls aria-owns")
_WORDS = re.compile(r"[\w .,:+-]{0,200}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)


def clean(html: str) -> str:
    """Return the safe form of `html`: `clean(clean(x)) == clean(x)`.

    Every attribute of the result is in double quotes. Raises InvalidDocument when the result does
    not settle, or grows beyond reason.
    """
    return _settled(html, _CLEANER)


def clean_compared(html: str) -> str:
    """Return the safe form of a comparison: stored sections with our own marks and keys in them.

    `data-diff`, `data-block` and the ids of sections pass, which no pushed document can have.
    """
    return _settled(html, _MARKS_CLEANER)


def _settled(html: str, cleaner: nh3.Cleaner) -> str:
    text = strip_controls(html)
    room = _GROWTH * len(text.encode()) + _ROOM
    for _ in range(_ROUNDS):
        result = _once(text, cleaner)
        if len(result) > room:
            raise _refused("output_too_large", "The markup grows too much when it is parsed.")
        if result == text:
            return result
        text = result
    raise _refused("unstable_markup", "The markup changes its meaning each time it is parsed.")


def _once(text: str, cleaner: nh3.Cleaner) -> str:
    try:
        result = cleaner.clean(text)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # pyo3's, not an Exception
            raise
        raise _refused("unreadable_markup", "The markup cannot be parsed.") from None
    result = _LEADING_LINES.sub(r"\1", strip_controls(result))
    return _INPUT.sub(_inert, result)


def _inert(tag: re.Match[str]) -> str:
    """Radios stay alive (tabs without script need them); any other input is a dead checkbox."""
    rest = _DIRECT.sub("", tag[1])
    if re.search(r' type="radio"', tag[1]):
        return f'<input type="radio"{rest}>'
    return f'<input type="checkbox" disabled=""{rest}>'


def _refused(code: str, message: str) -> InvalidDocument:
    return InvalidDocument(message, [Finding(code, message, "Simplify the markup.")])


def _filter(tag: str, name: str, value: str) -> str | None:
    if accept := _ACCEPT.get(name):
        return accept(value)
    if name == "href":
        return _href(tag, value)
    if tag == "svg" and name == "transform":
        return None  # it would carry the drawing out of its box; inside, the box clips
    if name in PRESENTATION or name.endswith("Transform"):
        return attributes.presentation(value, COLOURS)
    if name in _REFERENCES:
        return attributes.identifiers(value)
    if tag in SVG:
        return attributes.numbers(value)
    return value if _WORDS.fullmatch(value) else None


def _href(tag: str, value: str) -> str | None:
    if tag == "a":
        return attributes.link(value)
    return attributes.icon(value, ICONS) if tag == "use" else attributes.fragment(value)


def _text(value: str) -> str:
    return value[:2_000]


def _flag(_value: str) -> str:
    return ""


def _one_of(*words: str) -> Callable[[str], str | None]:
    allowed = frozenset(words)

    def accept(value: str) -> str | None:
        word = value.strip().lower()
        return word if word in allowed else None

    return accept


def _span(most: int) -> Callable[[str], str | None]:
    """Cells that span more than a browser can lay out span `most`."""

    def accept(value: str) -> str | None:
        return str(min(int(value), most)) if _NUMBER.fullmatch(value) else None

    return accept


_LIST_TYPES = frozenset("1aAiI")
_INPUT_TYPE = _one_of("radio", "checkbox")

_ACCEPT: dict[str, Callable[[str], str | None]] = {
    "id": attributes.identifier,
    "name": attributes.identifier,
    "for": attributes.identifier,
    "type": lambda value: value if value in _LIST_TYPES else _INPUT_TYPE(value),
    "class": lambda value: attributes.classes(value, CLASSES),
    "src": attributes.image,
    "d": attributes.path,
    "rel": _text,
    "disabled": _flag,
    "checked": _flag,
    "open": _flag,
    "reversed": _flag,
    "title": _text,
    "alt": _text,
    "abbr": lambda value: value if _WORDS.fullmatch(value) else None,
    "aria-label": _text,
    "aria-hidden": _one_of("true", "false"),
    "role": _one_of(*ROLES),
    "tabindex": _one_of("0", "-1"),
    "dir": _one_of("ltr", "rtl", "auto"),
    "scope": _one_of("row", "col", "rowgroup", "colgroup"),
    "data-anchor": attributes.anchor,
    "data-kind": attributes.anchor,
    "data-row": lambda value: value[:200] or None,
    "colspan": _span(100),
    "rowspan": _span(1_000),
    "span": _span(100),
}

_OURS: dict[str, Callable[[str], str | None]] = {
    "data-diff": _one_of("added", "removed", "changed", "moved", "from", "beside"),
    "data-block": lambda value: value if _NUMBER.fullmatch(value) else None,
    "id": lambda value: value if _is_section(value) else attributes.identifier(value),
}


def _is_section(value: str) -> bool:
    return value.startswith("s-") and attributes.SLUG.fullmatch(value[2:]) is not None


def _filter_compared(tag: str, name: str, value: str) -> str | None:
    if name in _OURS and not (tag in SVG and name == "data-diff"):
        return _OURS[name](value)
    return None if name == "data-diff" else _filter(tag, name, value)


def _cleaner(attribute_filter: Callable[[str, str, str], str | None], *more: str) -> nh3.Cleaner:
    allowed = {tag: set(names) for tag, names in ATTRIBUTES.items()}
    allowed["*"] |= set(more)
    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes=allowed,
        attribute_filter=attribute_filter,
        set_tag_attribute_values={"button": {"disabled": ""}},
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto", "data"},
        strip_comments=True,
    )


_CLEANER = _cleaner(_filter)
_MARKS_CLEANER = _cleaner(_filter_compared, "data-diff", "data-block")
