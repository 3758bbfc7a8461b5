"""Reads the pixel size of an embedded image from its header.

A PNG of 40 KB can ask a browser for gigabytes. What the headers say bounds what it will ask for.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from html import unescape
from struct import error as TooShort
from struct import unpack_from

MAX_BYTES = 300 * 1024
MAX_PIXELS = 25_000_000
MAX_SIDE = 16_384
MAX_ALL_PIXELS = 100_000_000  # of all images that are checked together

_SOURCE = re.compile(
    r"(?<![^\s\"'/])src\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))", re.IGNORECASE
)
_DATA = re.compile(r"data:image/(png|jpeg|gif|webp|avif);base64,([A-Za-z0-9+/\s]++={0,2}+)")
_SCANS = 200  # of a JPEG: each is a pass over all of its pixels
_FRAMES = 1_000
Size = tuple[int, int]


class Unreadable(ValueError):
    """The bytes are no image of the type that they are said to be."""


class Oversized(ValueError):
    """The image has too many bytes or pixels; the message says how many."""


class Pixels:
    """Adds up what the images of one text will cost the browsers of its readers."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, attributes: str) -> None:
        """Take the attributes of an `<img>` in. Raises `Oversized`; what is no image costs nothing.

        The sanitiser drops that, and every address but `data:`.
        """
        for source in _SOURCE.finditer(attributes):
            try:
                self.total += embedded(unescape("".join(source.groups(""))))[1]
            except Unreadable:
                continue
            if self.total > MAX_ALL_PIXELS:
                raise Oversized(f"{self.total:,} pixels with the images before it")


def embedded(value: str) -> tuple[str, int]:
    """Return a `data:` URL in its one form, and the pixels that a browser will decode for it.

    Raises `Unreadable` or `Oversized`.
    """
    word = value.strip()
    if len(word) > MAX_BYTES * 3 // 2:
        raise Oversized(f"over {MAX_BYTES:,} bytes")
    if not (match := _DATA.fullmatch(word)):
        raise Unreadable
    kind, payload = match[1], "".join(match[2].split())
    try:
        content = base64.b64decode(payload, validate=True)
        if len(content) > MAX_BYTES:
            raise Oversized(f"{len(content):,} bytes")
        sizes = list(_READERS[kind](content))
    except (binascii.Error, TooShort, IndexError):
        raise Unreadable from None
    return f"data:image/{kind};base64,{payload}", _pixels(sizes)


def _pixels(sizes: list[Size]) -> int:
    if not sizes or any(not (width and height) for width, height in sizes):
        raise Unreadable
    width, height = max(width for width, _ in sizes), max(height for _, height in sizes)
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise Oversized(f"{width:,} × {height:,} pixels")
    return width * height


def _png(content: bytes) -> Iterator[Size]:
    if content[:16] != b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR":
        raise Unreadable
    yield unpack_from(">II", content, 16)


def _jpeg(content: bytes) -> Iterator[Size]:
    """Walk over the segments to the frames before the first scan."""
    if content[:2] != b"\xff\xd8":
        raise Unreadable
    if content.count(b"\xff\xda") > _SCANS:
        raise Oversized("too many scans")
    at = 2
    while True:
        if content[at] != 0xFF:
            raise Unreadable
        while content[at] == 0xFF:
            at += 1
        marker, at = content[at], at + 1
        if marker in (0xD9, 0xDA):
            return
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = unpack_from(">HH", content, at + 3)
            yield width, height
        at += max(2, unpack_from(">H", content, at)[0])


def _gif(content: bytes) -> Iterator[Size]:
    """Walk over the blocks: a frame may be larger than the screen that the header names."""
    if content[:6] not in (b"GIF87a", b"GIF89a"):
        raise Unreadable
    yield unpack_from("<HH", content, 6)
    at = 13 + _colours(content[10])
    frames = 0
    while at < len(content) and content[at] in (0x21, 0x2C):
        if content[at] == 0x2C:
            frames += 1
            if frames > _FRAMES:
                raise Oversized("too many frames")
            left, top, width, height = unpack_from("<HHHH", content, at + 1)
            yield left + width, top + height
            at += 11 + _colours(content[at + 9])
        else:
            at += 2
        while at < len(content) and content[at]:
            at += 1 + content[at]
        at += 1


def _colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(content: bytes) -> Iterator[Size]:
    """Read every canvas and frame header; chunks may stand inside of one another."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise Unreadable
    at, frames = 12, 0
    while at + 8 <= len(content):
        name, size = content[at : at + 4], unpack_from("<I", content, at + 4)[0]
        if name == b"VP8X":
            yield _three(content, at + 12) + 1, _three(content, at + 15) + 1
        elif name == b"VP8 ":
            width, height = unpack_from("<HH", content, at + 14)
            yield width & 0x3FFF, height & 0x3FFF
        elif name == b"VP8L":
            bits = unpack_from("<I", content, at + 9)[0]
            yield (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        elif name == b"ANMF":
            frames += 1
            if frames > _FRAMES:
                raise Oversized("too many frames")
            size = 16  # the frame's own chunks follow its header
        at += 8 + size + size % 2


def _three(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 3], "little")


def _avif(content: bytes) -> Iterator[Size]:
    """Read every `ispe` property, wherever it stands: an item without one is not drawn."""
    if content[4:8] != b"ftyp":
        raise Unreadable
    for found in re.finditer(b"ispe", content):
        yield unpack_from(">II", content, found.end() + 4)


_READERS = {"png": _png, "jpeg": _jpeg, "gif": _gif, "webp": _webp, "avif": _avif}
