"""Stored sections: content-addressed, compressed and shared between versions."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from isal import isal_zlib
from sqlalchemy import (
    JSON,
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
    insert,
    select,
    tuple_,
)
from sqlalchemy.orm import Mapped, mapped_column

from planpush.database.session import Base, UTCDateTime, db, now, rows
from planpush.document import sections as content
from planpush.document.blocks import Block

_LEVEL = 3  # of ISA-L: 12 times less work than zlib's 6 for 6-9 % more bytes
_RAW = -15
_WINDOW = 32 * 1024  # how far back deflate refers
_AT_ONCE = 500  # sections that one query reads
_GIVEN = ("id", "plan_id", "created_at")
_BESIDE = b"\x07"  # "refers to the section's html"; no deflate stream begins so


def compress(data: bytes) -> bytes:
    """Return raw deflate blocks that end on a byte: such pieces can be joined as they are."""
    packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _RAW)
    return bytes(packer.compress(data) + packer.flush(isal_zlib.Z_FULL_FLUSH))


def expand(data: bytes) -> bytes:
    """Return what `compress` was given."""
    return isal_zlib.decompressobj(_RAW).decompress(data)


def gzip_join(pieces: Collection[bytes], plain: bytes) -> bytes:
    """Return one gzip member of compressed `pieces`, whose text together is `plain`."""
    end = isal_zlib.crc32(plain).to_bytes(4, "little") + (len(plain) & 0xFFFFFFFF).to_bytes(
        4, "little"
    )
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"".join(pieces) + b"\x03\0" + end


class Section(Base):
    """One section's content, found by plan, anchor and the SHA-256 of its HTML as it was sent."""

    __tablename__ = "sections"
    __table_args__ = (UniqueConstraint("plan_id", "anchor", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    anchor: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(300))
    source_bytes: Mapped[int]
    elements: Mapped[int]
    html: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    blocks: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    pins: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    icons: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    @classmethod
    def made(
        cls, built: content.Section, *, sha256: str, source_bytes: int, elements: int
    ) -> Section:
        """Return a section made of what was built, not stored yet."""
        return cls(
            anchor=built.anchor,
            sha256=sha256,
            title=built.title[:300],
            source_bytes=source_bytes,
            elements=elements,
            html=compress(built.html),
            blocks=_pack_blocks(built),
            pins=array("I", built.pins).tobytes(),
            icons=list(built.icons),
        )

    @classmethod
    def keep(cls, plan_id: int, made: Collection[Section]) -> None:
        """Store sections for a plan, which has none of them yet: all in two statements."""
        if not made:
            return
        names = [column.name for column in cls.__table__.c if column.name not in _GIVEN]
        told = [{name: getattr(one, name) for name in names} for one in made]
        rows(insert(cls.__table__), [one | {"plan_id": plan_id} for one in told])  # type: ignore[arg-type]

    @classmethod
    def known(
        cls, plan_id: int, keys: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], Section]:
        """Return those of the (anchor, sha256) pairs that this plan has."""
        found = db.session.scalars(
            select(cls).where(cls.plan_id == plan_id, tuple_(cls.anchor, cls.sha256).in_(keys))
        )
        return {(section.anchor, section.sha256): section for section in found}

    @classmethod
    def read(cls, ids: Collection[int], *columns: Any) -> Iterator[Any]:
        """Yield rows of some columns of stored sections, however many, by their ids."""
        ordered = sorted(ids)
        for start in range(0, len(ordered), _AT_ONCE):
            wanted = cls.id.in_(ordered[start : start + _AT_ONCE])
            yield from db.session.execute(select(*columns).where(wanted))


def _pack_blocks(built: content.Section) -> bytes:
    """Return the blocks compressed; most of their words stand in the section's bytes already."""
    packed = content.pack(built.blocks)
    if len(built.html) > _WINDOW:
        return compress(packed)
    packer = zlib.compressobj(6, zlib.DEFLATED, _RAW, zdict=built.html)
    return _BESIDE + packer.compress(packed) + packer.flush()


def unpack_blocks(packed: bytes, html: bytes) -> tuple[Block, ...]:
    """Return the blocks that a section's row keeps beside its `html`."""
    if not packed.startswith(_BESIDE):
        return content.unpack(expand(packed))
    reader = zlib.decompressobj(_RAW, zdict=expand(html))
    return content.unpack(reader.decompress(packed.removeprefix(_BESIDE)))


def unpack_pins(pins: bytes) -> array[int]:
    """Return the byte offsets where pins go, by block key."""
    return array("I", pins)
