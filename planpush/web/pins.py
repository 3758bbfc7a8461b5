"""Pins: what stands in a document where threads are, and beside each heading."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup, escape

from planpush.models.reading import Reading
from planpush.models.talk import AnyThread
from planpush.models.thread import OPEN
from planpush.web.headers import csp_nonce
from planpush.web.jinja import bless, plural
from planpush.web.since import since_of
from planpush.web.stencil import gap, rendered, stencil

PIN, DRAWN_PIN, MARKS = "threads/_pin.html", "threads/_drawn_pin.html", "threads/_marks.html"


class Pins:
    """The pins of a reading; all of a kind are filled into one stencil."""

    def __init__(self, reading: Reading) -> None:
        self.news = since_of(reading)
        told = {"slug": reading.plan.slug, "version": reading.version.number}
        self.same = told | {"base": self.news.base, "nonce": csp_nonce()}
        self.stencils: dict[tuple[Any, ...], str] = {}

    def pin(
        self, anchor: str, key: int, threads: Sequence[AnyThread], drawn: bool = False
    ) -> Markup:
        """Return the pin of a block; nothing where no thread is."""
        if not threads:
            return bless("")
        opened = [thread for thread in threads if thread.state == OPEN]
        shown = opened or threads
        kind = "open comment" if opened else "resolved comment"
        gaps = {"done": not opened}
        return self._filled(
            DRAWN_PIN if drawn else PIN,
            gaps,
            anchor=escape(anchor),
            key=key,
            shown=shown[0].id,
            all=" ".join(str(thread.id) for thread in threads),
            words=plural(len(shown), kind),
            many=len(shown),
        )

    def marks(self, piece: Any, threads: Sequence[AnyThread]) -> Markup:
        """Return what stands beside a section's heading, the pin included."""
        return self._filled(
            MARKS,
            {"changed": self.news.state(piece.anchor)},
            anchor=escape(piece.anchor),
            title=escape(piece.title),
            pin=self.pin(piece.anchor, 0, threads),
        )

    def _filled(self, template: str, turns: dict[str, Any], **told: Any) -> Markup:
        kind = (template, *turns.values())
        if kind not in self.stencils:
            context = _PAGE | turns | {name: gap(name) for name in told}
            self.stencils[kind] = stencil(kind, partial(rendered, template, context), **self.same)
        return bless(self.stencils[kind] % told)


_PAGE = {
    "plan": SimpleNamespace(slug=gap("slug")),
    "version": SimpleNamespace(number=gap("version")),
    "news": SimpleNamespace(base=gap("base")),
    "csp_nonce": lambda: gap("nonce"),
}
