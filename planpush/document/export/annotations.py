"""A record as W3C Web Annotations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from planpush.document.anchoring.placement import Placement
from planpush.document.blocks import Block
from planpush.document.diff.words import CONTEXT
from planpush.document.export.record import Note, NoteComment, Record

MEDIA_TYPE = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
CONTEXT_OF_OURS = {"planpush": "urn:planpush:terms:"}


def collection(record: Record, blocks: Sequence[Block]) -> dict[str, Any]:
    """Return the threads of `record` as a collection; `blocks` are those of its version."""
    place = {(block.section, block.key): block for block in blocks}
    items = [item for note in record.notes for item in _thread(record, note, place)]
    about = f"{record.plan_address}/export.json?v={record.version}"
    page = {"id": f"{about}#page", "type": "AnnotationPage", "startIndex": 0, "items": items}
    return {
        "@context": ["http://www.w3.org/ns/anno.jsonld", CONTEXT_OF_OURS],
        "id": about,
        "type": "AnnotationCollection",
        "label": record.title,
        "creator": {"type": "Person", "name": record.pushed_by},
        "created": _time(record.pushed_at),
        "total": len(items),
        "planpush:plan": record.slug,
        "planpush:address": record.address,
        "planpush:version": record.version,
        "planpush:digest": f"sha256:{record.digest}",
        "first": page,
    }


def _thread(
    record: Record, note: Note, blocks: dict[tuple[str, int], Block]
) -> list[dict[str, Any]]:
    """Return a thread's first comment with its places, and the others as replies to it."""
    if not note.comments:
        return []
    opening, *others = note.comments
    purpose = "questioning" if (opening.body or "").rstrip().endswith("?") else "commenting"
    first = _comment(record, note, opening, purpose) | {
        "target": [_original(record, note), _current(record, note, blocks)],
        "planpush:thread": note.id,
        "planpush:status": "open" if note.open else "resolved",
        "planpush:blocking": note.blocking,
        "planpush:openedOn": note.opened_on,
        **_outcome(note),
    }
    replies = [
        _comment(record, note, reply, "replying") | {"target": first["id"]} for reply in others
    ]
    return [first, *replies]


def _outcome(note: Note) -> dict[str, Any]:
    """Return how a thread was resolved and answered."""
    made: dict[str, Any] = {}
    if note.resolved_at is not None:
        made["planpush:resolvedBy"] = note.resolved_by
        made["planpush:resolvedAt"] = _time(note.resolved_at)
    if note.answer:
        made["planpush:answer"] = note.answer.status
        made["planpush:answerNote"] = note.answer.note
        made["planpush:answerUnchanged"] = note.answer.unchanged
    return made


def _comment(record: Record, note: Note, comment: NoteComment, purpose: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": f"{record.plan_address}?thread={note.id}#comment-{comment.id}",
        "type": "Annotation",
        "motivation": purpose,
        "creator": {"type": "Person", "name": comment.by},
        "created": _time(comment.at),
    }
    if comment.edited_at is not None:
        made["modified"] = _time(comment.edited_at)
    if comment.by_agent:
        made["planpush:via"] = "agent"
    if comment.body is None:
        return made | {"planpush:deleted": True}
    body = {"type": "TextualBody", "value": comment.body, "format": "text/markdown"}
    return made | {"body": body | {"purpose": purpose}}


def _original(record: Record, note: Note) -> dict[str, Any]:
    """Return where the thread was opened, on the version that its opener read."""
    origin = note.origin
    made = _resource(record, origin.version, "original")
    quote = origin.exact, origin.prefix, origin.suffix
    selectors = _selectors(origin.section, origin.key, origin.start, origin.end, quote)
    if origin.kind != "document" and selectors:
        made["selector"] = selectors
    for name, header in (("planpush:row", origin.row), ("planpush:column", origin.column)):
        if header:
            made[name] = header
    return made


def _current(record: Record, note: Note, blocks: dict[tuple[str, int], Block]) -> dict[str, Any]:
    """Return where the thread stands on the exported version, and how sure that is."""
    place = note.place
    made = _resource(record, record.version, "current") | {
        "planpush:state": place.state,
        "planpush:confidence": place.confidence,
        "planpush:confirmed": note.confirmed,
        "planpush:reason": place.reason,
    }
    block = blocks.get((place.section, place.block or 0))
    if place.state != "orphaned" and block is not None:
        selectors = _selectors(
            place.section, block.key, place.start, place.end, _quote(block, place)
        )
        made["selector"] = selectors
    return made


def _quote(block: Block, place: Placement) -> tuple[str, str, str]:
    if place.start is None or place.end is None:
        return "", "", ""
    text, start, end = block.text, place.start, place.end
    return text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]


def _resource(record: Record, version: int, role: str) -> dict[str, Any]:
    return {
        "type": "SpecificResource",
        "source": f"{record.plan_address}?v={version}",
        "planpush:role": role,
        "planpush:version": version,
    }


def _selectors(
    section: str, key: int, start: int | None, end: int | None, quote: tuple[str, str, str]
) -> list[dict[str, Any]]:
    """Return ways to the same place: the words, and the block by its key with offsets in it."""
    if not section:
        return []
    fragment: dict[str, Any] = {"type": "FragmentSelector", "value": f"s-{section}"}
    inner = fragment
    if key:
        inner = {"type": "CssSelector", "value": f'[id="s-{section}"] [data-block="{key}"]'}
        fragment["refinedBy"] = inner
    exact, prefix, suffix = quote
    if not exact or start is None or end is None:
        return [fragment]
    inner["refinedBy"] = {"type": "TextPositionSelector", "start": start, "end": end}
    words = {"type": "TextQuoteSelector", "exact": exact, "prefix": prefix, "suffix": suffix}
    return [words, fragment]


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
