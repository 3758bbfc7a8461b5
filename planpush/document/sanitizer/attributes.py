"""Checks attribute values: URLs, references, SVG attributes and class lists."""

from __future__ import annotations

import re

from planpush.document.html.elements import words
from planpush.document.sanitizer import images

ID_PREFIX = "d-"
ICON_PREFIX = "pp-i-"
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

_BYTES = bytes(n for n in (*range(32), 127) if n not in b"\t\n\r")
_ID = re.compile(r"[^\s\"'()<>\\\\`\x00-\x20\xa0]{1,200}")
_WEB = re.compile(r"https?://[^\s\"<>\\\\^`{|}\x00-\x20]{1,4000}", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[\w.!#$%&'*+/=?^~@,;:-]{1,2000}", re.IGNORECASE | re.ASCII)
_FRAGMENT_URL = re.compile(r"url\(#([\w.:-]{1,200})\)")
_FUNCTIONS = words(
    "rgb rgba hsl hsla var translate translatex translatey scale rotate skewx skewy matrix"
)
_FUNCTION = re.compile(r"([a-zA-Z-]*)\(([^()]*)\)")
_ARGUMENTS = re.compile(r"[\w\s.,%+/-]*", re.ASCII)
_PLAIN = re.compile(r"[\w\s.,%#+:;/-]*", re.ASCII)
_PATH = re.compile(r"[MmZzLlHhVvCcSsQqTtAaEe0-9\s.,+-]*", re.ASCII)
_NUMBER = re.compile(r"[\w\s.,%+-]{0,2000}", re.ASCII)


def strip_controls(text: str) -> str:
    """Drop C0 controls other than tab and line ends, DEL and lone surrogates."""
    try:  # bytes are looked through ten times as fast, and surrogates have none
        raw = text.encode()
    except UnicodeEncodeError:
        return CONTROLS.sub("", text)
    return text if len(raw.translate(None, _BYTES)) == len(raw) else CONTROLS.sub("", text)


def identifier(value: str) -> str | None:
    """An `id` in the authors' name space: with the prefix, once."""
    word = value.strip()
    if not _ID.fullmatch(word):
        return None
    return word if word.startswith(ID_PREFIX) else ID_PREFIX + word


def identifiers(value: str) -> str | None:
    """A list of `id`s (aria-labelledby, headers ...)."""
    words = [word for word in map(identifier, value.split()[:50]) if word]
    return " ".join(words) or None


def fragment(value: str) -> str | None:
    """`#name` as a reference to an authored element; `#s-...` is the address of a section."""
    word = value.strip()
    if word == "#":
        return word
    if not word.startswith("#"):
        return None
    if word.startswith("#s-") and SLUG.fullmatch(word[3:]):
        return word
    name = identifier(word[1:])
    return f"#{name}" if name else None


def link(value: str) -> str | None:
    """The target of a link: http, https, mailto, or a place in the document."""
    word = value.strip()
    if _WEB.fullmatch(word) or _MAIL.fullmatch(word):
        return word
    return fragment(word)


def icon(value: str, names: frozenset[str]) -> str | None:
    """`#i-NAME` as a reference to our sprite; other fragments stay the author's own."""
    word = value.strip()
    for start in ("#i-", f"#{ICON_PREFIX}"):
        if word.startswith(start):
            name = word.removeprefix(start)
            return f"#{ICON_PREFIX}{name}" if name in names else None
    return fragment(word) if word != "#" else None


def image(value: str) -> str | None:
    """An embedded raster image that is what its type says and no bomb."""
    try:
        return images.embedded(value)[0]
    except (images.Unreadable, images.Oversized):
        return None


def presentation(value: str, tokens: frozenset[str]) -> str | None:
    """A value of an SVG presentation attribute: plain words, listed functions, `url(#id)`."""
    if len(value) > 2_000:
        return None
    word = value.strip()
    if reference := _FRAGMENT_URL.fullmatch(word):
        name = identifier(reference[1])
        return f"url(#{name})" if name else None
    rest = _FUNCTION.sub(lambda call: "" if _allowed(call[1], call[2], tokens) else "(", word)
    return word if _PLAIN.fullmatch(rest) and "/*" not in word else None


def _allowed(name: str, arguments: str, tokens: frozenset[str]) -> bool:
    if name.lower() == "var":
        return arguments.strip() in tokens
    return name.lower() in _FUNCTIONS and _ARGUMENTS.fullmatch(arguments) is not None


def path(value: str) -> str | None:
    """Path data."""
    return value if _PATH.fullmatch(value) else None


def numbers(value: str) -> str | None:
    """Numbers, lengths, percentages, key words."""
    return value if _NUMBER.fullmatch(value) else None


def classes(value: str, known: frozenset[str]) -> str | None:
    """The classes of the vocabulary among those given, each once."""
    words = dict.fromkeys(word for word in value.split() if word in known)
    return " ".join(words) or None


def anchor(value: str) -> str | None:
    """A `data-anchor` key."""
    return value if SLUG.fullmatch(value) else None
