"""The document as it is shown: stored bytes, with pins spliced in where push said they may go."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator
from typing import Any

from flask import Flask, render_template
from markupsafe import Markup, escape

from planpush.content.redline_pins import pin_places
from planpush.content.splice import is_drawn, splice
from planpush.content.stops import Shown, heading_end, put
from planpush.models.reading import Reading
from planpush.models.redline import Redline
from planpush.models.section import expand, unpack_pins
from planpush.models.thread import OPEN, Thread
from planpush.models.version import SAME
from planpush.web.jinja import UI_ICONS, bless, sprite
from planpush.web.since import since_of

PIN, DRAWN_PIN, MARKS = "threads/_pin.html", "threads/_drawn_pin.html", "threads/_marks.html"


def init_document(app: Flask) -> None:
    """Give templates the document and its pins; what they do not show is not made."""
    app.jinja_env.globals.update(
        rendered=rendered,
        document_icons=icons,
        all_pins=all_pins,
        pins_digest=pins_digest,
        renewed_marks=renewed_marks,
        compared=compared,
        compared_icons=compared_icons,
    )


def rendered(reading: Reading, anchors: Container[str] | None = None) -> Markup:
    """Return the document of a reading, or those of its sections, pins included."""
    threads = reading.by_block
    body = b"".join(
        _section(reading, piece, threads.get(piece.anchor, {}))
        for piece in reading.pieces
        if anchors is None or piece.anchor in anchors
    )
    return bless(body.decode())


def _section(reading: Reading, piece: Any, threads: dict[int, list[Thread]]) -> bytes:
    html, pins = expand(piece.html), unpack_pins(piece.pins)
    inserts = {0: _pin(reading, piece, 0, threads.get(0, []), MARKS)}
    for key, here in threads.items():
        if key:
            drawn = is_drawn(html, pins, key)
            inserts[key] = _pin(reading, piece, key, here, DRAWN_PIN if drawn else PIN)
    return splice(html, pins, inserts)


def compared(redline: Redline, shown: Shown) -> Markup:
    """Return a section of a comparison, which was made safe again, with its marks and pins."""
    anchor = shown.section.compared.part.anchor
    is_gone = shown.section.compared.state == "removed"
    threads = {} if is_gone else redline.pair.threads.get(anchor, {})
    differs = redline.differs_in(shown)
    if not (threads or differs):
        return bless(shown.html)
    places = pin_places(shown.html)
    heading = places.get(0, heading_end(shown.html))
    told = {"redline": redline, "shown": shown, "pair": redline.pair, "anchor": anchor}
    inserts = [(heading, render_template("comparisons/_marks.html", **told))] if differs else []
    for key, here in threads.items():
        place = places.get(key, heading)
        drawn = shown.html.startswith("</g>", place)
        pin = render_template("comparisons/_pin.html", key=key, threads=here, drawn=drawn, **told)
        inserts.append((place, pin))
    return bless(put(shown.html, inserts))


def compared_icons(redline: Redline) -> Markup:
    """Return the symbols that a comparison's icons need beyond the app's own."""
    return sprite(tuple(sorted(redline.icons - set(UI_ICONS))))


def _pin(
    reading: Reading, piece: Any, key: int, threads: list[Thread], partial: str = PIN
) -> bytes:
    news = since_of(reading)
    return render_template(
        partial,
        plan=reading.plan,
        version=reading.version,
        news=news,
        is_newest=reading.is_newest,
        anchor=piece.anchor,
        title=piece.title,
        changed=news.state(piece.anchor) if key == 0 else SAME,
        key=key,
        open=[thread for thread in threads if thread.state == OPEN],
        threads=threads,
    ).encode()


def icons(reading: Reading) -> Markup:
    """Return the symbols that this document's icons need beyond the app's own."""
    used = {name for piece in reading.pieces for name in piece.icons}
    return sprite(tuple(sorted(used - set(UI_ICONS))))


def pins_digest(reading: Reading) -> str:
    """Name every pin of a reading: while it stays, a page has them all."""
    told = [
        (anchor, key, [(thread.id, thread.state) for thread in threads])
        for anchor, blocks in sorted(reading.by_block.items())
        for key, threads in sorted(blocks.items())
    ]
    return hashlib.sha256(repr((reading.version.number, told)).encode()).hexdigest()[:16]


def all_pins(reading: Reading) -> Markup:
    """Return every pin of a reading, each with its place: an open page puts them there.

    So it does not matter which of them the page had before, nor whether it missed something.
    """
    pieces = (piece for piece in reading.pieces if piece.anchor in reading.by_block)
    return bless("".join(part for piece in pieces for part in _placed(reading, piece)))


def _placed(reading: Reading, piece: Any) -> Iterator[str]:
    """Yield the pins of one section, which is unpacked once."""
    html, pins = expand(piece.html), unpack_pins(piece.pins)
    for key, threads in reading.by_block[piece.anchor].items():
        drawn = is_drawn(html, pins, key)
        pin = _pin(reading, piece, key, threads, DRAWN_PIN if drawn else PIN).decode().strip()
        place = f'data-section="{escape(piece.anchor)}" data-key="{key}"{" data-drawn" * drawn}'
        yield f"<span {place}>{pin}</span>"


def renewed_marks(reading: Reading, anchor: str) -> Markup:
    """Return partials that renew what stands beside a section's heading, but for the pin."""
    piece = next(piece for piece in reading.pieces if piece.anchor == anchor)
    marks = bless(_pin(reading, piece, 0, [], MARKS).decode())
    return bless(render_template("threads/_renewed_marks.html", anchor=anchor, marks=marks))
