"""Inserts the pins of comments into stored HTML, at places that push recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def splice(html: bytes, pins: Sequence[int], inserts: Mapping[int, bytes]) -> bytes:
    """Return `html` with `inserts`, given by block key, put at the byte offsets in `pins`."""
    places = sorted((pins[key], key) for key in inserts if 0 <= key < len(pins))
    pieces, last = [], 0
    for offset, key in places:
        pieces += [html[last:offset], inserts[key]]
        last = offset
    return b"".join([*pieces, html[last:]])


def is_drawn(html: bytes, pins: Sequence[int], key: int) -> bool:
    """Tell whether a block's pin stands inside of a drawing: only there is a group closed."""
    return 0 < key < len(pins) and html.startswith(b"</g>", pins[key])
