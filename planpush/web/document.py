"""The document as it is shown: stored bytes, with pins spliced in where push said they may go."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from flask import Flask, render_template
from markupsafe import Markup

from planpush.content.splice import is_drawn, splice
from planpush.models.reading import Card, Reading
from planpush.models.section import expand, unpack_pins
from planpush.models.thread import OPEN, Thread
from planpush.web.jinja import UI_ICONS, bless, sprite

PIN, DRAWN_PIN = "threads/_pin.html", "threads/_drawn_pin.html"


def init_document(app: Flask) -> None:
    """Give templates the document and its pins; what they do not show is not made."""
    app.jinja_env.globals.update(
        rendered=rendered, document_icons=icons, moved_pin=moved_pin, renewed_pins=renewed_pins
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
    inserts = {0: _pin(reading, piece, 0, threads.get(0, []))}
    for key, here in threads.items():
        if key:
            drawn = is_drawn(html, pins, key)
            inserts[key] = _pin(reading, piece, key, here, DRAWN_PIN if drawn else PIN)
    return splice(html, pins, inserts)


def _pin(
    reading: Reading, piece: Any, key: int, threads: list[Thread], partial: str = PIN
) -> bytes:
    return render_template(
        partial,
        plan=reading.plan,
        version=reading.version,
        is_newest=reading.is_newest,
        anchor=piece.anchor,
        title=piece.title,
        changed=piece.state if key == 0 and reading.version.number > 1 else "same",
        key=key,
        open=[thread for thread in threads if thread.state == OPEN],
        threads=threads,
    ).encode()


def icons(reading: Reading) -> Markup:
    """Return the symbols that this document's icons need beyond the app's own."""
    used = {name for piece in reading.pieces for name in piece.icons}
    return sprite(tuple(sorted(used - set(UI_ICONS))))


def moved_pin(reading: Reading, card: Card) -> Markup:
    """Return partials that renew the pin of one card's block in an open page.

    The old pin goes, the new one comes: so it does not matter what the page had before.
    """
    place = card.placement
    piece = next((piece for piece in reading.pieces if piece.anchor == place.section), None)
    return bless("" if piece is None else _renewed(reading, piece, place.block or 0))


def renewed_pins(reading: Reading, anchor: str) -> Markup:
    """Return partials that renew a section's own marks and every pin in it."""
    piece = next(piece for piece in reading.pieces if piece.anchor == anchor)
    keys = sorted({0, *reading.by_block.get(anchor, {})})
    return bless("".join(_renewed(reading, piece, key) for key in keys))


def _renewed(reading: Reading, piece: Any, key: int) -> str:
    threads = reading.by_block.get(piece.anchor, {}).get(key, [])
    drawn = is_drawn(expand(piece.html), unpack_pins(piece.pins), key)
    pin = bless(_pin(reading, piece, key, threads, DRAWN_PIN if drawn else PIN).decode())
    return render_template(
        "threads/_moved_pin.html", anchor=piece.anchor, key=key, drawn=drawn, pin=pin
    )
