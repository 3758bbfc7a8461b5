"""Where pins may go in a rendered comparison: on the blocks of the newer version."""

from __future__ import annotations

import re

from planpush.content.reading import Reading
from planpush.content.tokens import pin_place

_KEY = re.compile(r' data-block="([0-9]+)"')


def pin_places(html: str) -> dict[int, int]:
    """Return the offsets in `html` (of one section) where the pins of its blocks go, by key."""
    reading = Reading("", html)
    return {
        int(key[1]): pin_place(node, reading.headings.get(node.index))
        for node in reading.nodes
        if (key := _KEY.search(node.attributes))
    }
