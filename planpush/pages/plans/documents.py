"""A version's document with its pins."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from itertools import chain
from typing import Any

from flask import Blueprint, Flask, Response, current_app, render_template
from markupsafe import Markup, escape

from planpush.comments.thread import OPEN
from planpush.comments.thread_rows import ThreadRow
from planpush.comments.version_view import Reading
from planpush.database.process_cache import ProcessCache
from planpush.document.diff.navigation import Shown, heading_end, put
from planpush.document.diff.render import pin_places
from planpush.document.pins import is_drawn, splice
from planpush.pages.plans.plans import page
from planpush.pages.plans.unseen import since_of
from planpush.plans.plan import Plan
from planpush.plans.section import expand, unpack_pins
from planpush.versions.rendered_comparison import Redline
from planpush.web.auth import current_user
from planpush.web.responses import fragment, number
from planpush.web.templates import UI_ICONS, bless, plural, sprite

documents = Blueprint("documents", __name__)


@documents.get("/p/<slug>/document")
def show(slug: str) -> Response:
    """Answer document, contents, bar and panel of one version."""
    plan = Plan.find(slug, current_user())
    reading = Reading(plan, number("v"), content=True)
    address = f"/p/{slug}" + ("" if reading.is_newest else f"?v={reading.version.number}")
    return fragment("documents/show.htmx.html", push_url=address, **page(reading))


# Characters of HTML that are kept in the memory of a process.
_ALL_PINS = 2 * 1024 * 1024
_DOCUMENTS = 16 * 1024 * 1024


class Pins:
    """What the app puts into the document of a reading."""

    def __init__(self, reading: Reading) -> None:
        self.news, self.version = since_of(reading), reading.version.number
        self.at = f"/p/{reading.plan.slug}?v={self.version}"
        self.macros: Any = current_app.jinja_env.get_template("threads/marks.html").module

    def pin(
        self, anchor: str, key: int, threads: Sequence[ThreadRow], drawn: bool = False
    ) -> Markup:
        """Return the pin of a block; nothing where no thread is."""
        if not threads:
            return bless("")
        opened = [thread for thread in threads if thread.state == OPEN]
        shown = opened or threads
        words = plural(len(shown), "open comment" if opened else "resolved comment")
        every = " ".join(str(thread.id) for thread in threads)
        macro = self.macros.drawn_pin if drawn else self.macros.pin
        return bless(macro(self.at, anchor, key, shown, every, words, not opened))

    def marks(self, piece: Any, threads: Sequence[ThreadRow]) -> Markup:
        """Return what stands beside a section's heading, the pin included."""
        changed = self.news.state(piece.anchor)
        pin = self.pin(piece.anchor, 0, threads)
        told = self.version, changed, self.news.base, pin
        return bless(self.macros.beside_heading(self.at, piece.anchor, piece.title, *told))


def init_document(app: Flask) -> None:
    """Give templates the document and its pins; what they do not show is not made."""
    app.jinja_env.globals.update(
        rendered=rendered_document,
        document_icons=icons,
        all_pins=all_pins,
        renewed_marks=renewed_marks,
        compared=compared,
        compared_icons=compared_icons,
    )


def rendered_document(reading: Reading, anchors: Container[str] | None = None) -> Markup:
    """Return the document of a reading, or those of its sections, pins included."""
    if anchors is not None:
        return bless(_document(reading, anchors))
    cache = ProcessCache.named("planpush_documents", _DOCUMENTS, len)
    news = since_of(reading)
    changed = tuple(news.state(piece.anchor) for piece in reading.pieces)
    key = (reading.plan.slug, reading.pins_digest, news.base, changed)
    html: str | None = cache.get(key)
    if html is None:
        html = _document(reading, {piece.anchor for piece in reading.pieces})
        cache.put(key, html)
    return bless(html)


def _document(reading: Reading, anchors: Container[str]) -> str:
    pins, threads = Pins(reading), reading.by_block
    body = b"".join(
        _section(pins, piece, threads.get(piece.anchor, {}))
        for piece in reading.pieces
        if piece.anchor in anchors
    )
    return body.decode()


def _section(pins: Pins, piece: Any, threads: dict[int, list[ThreadRow]]) -> bytes:
    html, places = expand(piece.html), unpack_pins(piece.pins)
    inserts = {0: pins.marks(piece, threads.get(0, [])).encode()}
    for key, here in threads.items():
        if key:
            drawn = is_drawn(html, places, key)
            inserts[key] = pins.pin(piece.anchor, key, here, drawn).encode()
    return splice(html, places, inserts)


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


def icons(reading: Reading) -> Markup:
    """Return the symbols that this document's icons need beyond the app's own."""
    used = {name for piece in reading.pieces for name in piece.icons}
    return sprite(tuple(sorted(used - set(UI_ICONS))))


def all_pins(reading: Reading) -> Markup:
    """Return every pin of a reading, each with its place: an open page puts them there.

    So it does not matter which of them the page had before, nor whether it missed something.
    """
    cache = ProcessCache.named("planpush_pins", _ALL_PINS, len)
    key = (reading.plan.slug, reading.pins_digest)
    html: str | None = cache.get(key)
    if html is None:
        pins = Pins(reading)
        pieces = (piece for piece in reading.pieces if piece.anchor in reading.by_block)
        placed = (_placed(pins, piece, reading.by_block[piece.anchor]) for piece in pieces)
        html = "".join(chain.from_iterable(placed))
        cache.put(key, html)
    return bless(html)


def _placed(pins: Pins, piece: Any, threads: dict[int, list[ThreadRow]]) -> Iterator[str]:
    """Yield the pins of one section, which is unpacked once."""
    html, places = expand(piece.html), unpack_pins(piece.pins)
    for key, here in threads.items():
        drawn = is_drawn(html, places, key)
        place = f'data-section="{escape(piece.anchor)}" data-key="{key}"{" data-drawn" * drawn}'
        yield f"<span {place}>{pins.pin(piece.anchor, key, here, drawn)}</span>"


def renewed_marks(reading: Reading, anchor: str) -> Markup:
    """Return partials that renew what stands beside a section's heading, but for the pin."""
    piece = next(piece for piece in reading.pieces if piece.anchor == anchor)
    marks = Pins(reading).marks(piece, [])
    return bless(render_template("threads/_renewed_marks.html", anchor=anchor, marks=marks))
