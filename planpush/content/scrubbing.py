"""A place whose words were taken away: what is left of it, and how it is told from the others."""

from __future__ import annotations

from planpush.content.origin import Origin


def scrubbed(origin: Origin, section: str) -> Origin:
    """Return `origin` without a word of its text, in `section`, which may be empty."""
    anchors = (section,) if section else ()
    return Origin(origin.version, origin.kind, anchors, key=origin.key, section=section)


def is_scrubbed(origin: Origin) -> bool:
    """Tell whether the words of a place were taken away: any other but the whole plan has a tag."""
    return origin.kind != "document" and not origin.block_tag
