"""A backup's file: lines of JSON, packed by gzip, and at its end a seal over every byte before.

The seal is a gzip member of its own, so that `zcat FILE | head -1` shows what a backup is, with no
planpush at hand. It tells accidents, not forgery: there is no key in it.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from isal import igzip, isal_zlib

from planpush.content.problem import Problem

FORMAT, NUMBER = "planpush backup", 1
_MAGIC = b"\x1f\x8b\x08"
_LEVEL = 3  # of isal: the smallest, and no slower than the others
_GZIP = 31
_BLOCK = 1 << 18  # bytes that are packed, or read, at a time
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup says of itself in its first line. `tables` says how many rows each has."""

    revision: str
    engine: str
    planpush: str
    made_at: str
    tables: dict[str, int] = field(default_factory=dict)


class Writer:
    """Writes a backup, line by line."""

    def __init__(self, file: BinaryIO, head: Head) -> None:
        self.file, self.sum, self.size = file, hashlib.sha256(), 0
        self.packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)
        self.held = bytearray()
        said = {name: getattr(head, name) for name in Head.__slots__}
        self.line({"format": FORMAT, "number": NUMBER, **said})

    def line(self, value: Any) -> None:
        """Add a line."""
        self.held += _encode(value).encode()
        self.held += b"\n"
        if len(self.held) >= _BLOCK:
            self._put(self.packer.compress(bytes(self.held)))
            self.held.clear()

    def seal(self) -> None:
        """End the file: what comes before is all of it."""
        self._put(self.packer.compress(bytes(self.held)) + self.packer.flush())
        end = _seal(self.sum.hexdigest())
        self.file.write(end)
        self.size += len(end)

    def _put(self, data: bytes) -> None:
        self.sum.update(data)
        self.file.write(data)
        self.size += len(data)


class Reader:
    """A backup that is whole: nothing of it was cut off or altered since it was written."""

    def __init__(self, path: Path) -> None:
        """Read all of the file once. Raises `Problem` in words for what is no whole backup."""
        self.path = path
        try:
            with path.open("rb") as file:
                check_whole(file, path)
        except OSError as error:
            raise Problem(f"{path}: {error.strerror}") from None
        self.head = _head(path, next(self._lines(), None))

    def tables(self) -> Iterator[tuple[str, dict[str, str], Iterator[list[Any]]]]:
        """Yield each table: its name, the kind of each of its columns, and its rows, to be read."""
        lines = self._lines()
        next(lines)
        for name, count in self.head.tables.items():
            begun = next(lines, None)
            if not isinstance(begun, dict) or begun.get("table") != name:
                raise Problem(f"{self.path}: the table {name} is not where it should be")
            yield name, begun["columns"], _some(lines, count)

    def _lines(self) -> Iterator[Any]:
        with igzip.open(self.path, "rb") as file:  # type: ignore[no-untyped-call]
            for line in file:
                yield json.loads(line)


def _some(lines: Iterator[Any], count: int) -> Iterator[list[Any]]:
    for _ in range(count):
        row = next(lines, None)
        if not isinstance(row, list):
            raise Problem("the backup has fewer rows than it says")
        yield row


def check_whole(file: BinaryIO, path: Path) -> None:
    """Raise `Problem` unless the seal at the end is that of all before it."""
    if file.read(len(_MAGIC)) != _MAGIC:
        raise Problem(f"{path} is not a planpush backup")
    end = len(_seal("0" * 64))
    left = file.seek(0, 2) - end
    file.seek(0)
    found = hashlib.sha256()
    while left > 0 and (data := file.read(min(_BLOCK, left))):
        found.update(data)
        left -= len(data)
    if left or file.read() != _seal(found.hexdigest()):
        raise Problem(
            f"{path} is not whole: it was cut off or altered since it was written, "
            "or is something else. Nothing was changed; take another backup"
        )


def _head(path: Path, said: Any) -> Head:
    """Return what the first line says. Raises `Problem` for a format that this release lacks."""
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise Problem(f"{path} is not a planpush backup")
    if said.get("number") != NUMBER:
        raise Problem(
            f"{path} has format {said.get('number')}, and this release reads format {NUMBER}: "
            f"install planpush {said.get('planpush')} or newer"
        )
    with suppress(KeyError):
        return Head(**{name: said[name] for name in Head.__slots__})
    raise Problem(f"{path} does not say what it holds")


def _seal(digest: str) -> bytes:
    """Return the last member: one line, not packed, made by hand so that each byte is known."""
    line = _encode({"sha256": digest}).encode() + b"\n"
    size = len(line)
    begin = _MAGIC + b"\0\0\0\0\0\0\xff" + struct.pack("<BHH", 1, size, size ^ 0xFFFF)
    return begin + line + struct.pack("<II", zlib.crc32(line), size)
