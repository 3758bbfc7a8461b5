"""Annotations: valid by the W3C's model, and every selector finds its words in the document."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jsonschema import Draft202012Validator
from selectolax.lexbor import LexborHTMLParser

from planpush.document.anchoring.placement import Placement
from planpush.document.anchoring.reanchor import place_all, words_at
from planpush.document.anchoring.target import Origin, Place, locate
from planpush.document.blocks import normalise
from planpush.document.export.annotations import collection
from planpush.document.export.record import Answer, Note, NoteComment, Record
from planpush.document.sanitizer.sanitizer import clean
from planpush.document.sections import build

THEN = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLD = (
    "<h2>Tokens</h2><p>Tokens rotate on every use, and the old one ends.</p><p>Gone tomorrow.</p>"
    "<table><tr><th>Column</th><th>Type</th></tr><tr><td>id</td><td>uuid</td></tr></table>"
)
NEW = OLD.replace("every use", "each single use").replace("<p>Gone tomorrow.</p>", "<p>é 日本</p>")
PLACES = {
    "words": Place("s", quote="rotate on every use"),
    "cell": Place("s", row="id", column="Type"),
    "section": Place("s"),
    "plan": Place(),
    "lost": Place("s", quote="Gone tomorrow."),
}

TEXT = {"type": "string", "minLength": 1}
IRI = {"type": "string", "pattern": "^https?://\\S+$"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
PURPOSE = {"enum": ["commenting", "questioning", "replying"]}
OURS = {"^planpush:[a-zA-Z]+$": {}}


def closed(required: dict, optional: dict | None = None) -> dict:
    """An object with these terms of the model, and terms of ours: nothing else."""
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "patternProperties": OURS,
        "additionalProperties": False,
    }


WHOLE = {"type": "integer", "minimum": 0}
REFINED = {"refinedBy": {"$ref": "#/$defs/selector"}}
AROUND = {"prefix": {"type": "string"}, "suffix": {"type": "string"}}
SELECTOR = {
    "oneOf": [
        closed({"type": {"const": "TextQuoteSelector"}, "exact": TEXT}, AROUND),
        closed({"type": {"const": "TextPositionSelector"}, "start": WHOLE, "end": WHOLE}),
        closed({"type": {"const": "CssSelector"}, "value": TEXT}, REFINED),
        closed({"type": {"const": "FragmentSelector"}, "value": TEXT}, REFINED),
    ]
}
PERSON = closed({"type": {"const": "Person"}, "name": TEXT})
BODY = closed(
    {
        "type": {"const": "TextualBody"},
        "value": {"type": "string"},
        "format": {"const": "text/markdown"},
        "purpose": PURPOSE,
    }
)
RESOURCE = closed(
    {"type": {"const": "SpecificResource"}, "source": IRI},
    {"selector": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/selector"}}},
)
ANNOTATION = closed(
    {
        "id": IRI,
        "type": {"const": "Annotation"},
        "target": {"anyOf": [IRI, {"type": "array", "minItems": 1, "items": RESOURCE}]},
        "motivation": PURPOSE,
        "creator": PERSON,
        "created": TIME,
    },
    {"body": BODY, "modified": TIME},
)
PAGE = closed(
    {
        "id": IRI,
        "type": {"const": "AnnotationPage"},
        "items": {"type": "array", "items": ANNOTATION},
    },
    {"startIndex": WHOLE},
)
MODEL = closed(
    {
        "@context": {
            "type": "array",
            "contains": {"const": "http://www.w3.org/ns/anno.jsonld"},
        },
        "id": IRI,
        "type": {"const": "AnnotationCollection"},
        "total": WHOLE,
        "first": PAGE,
    },
    {"label": {"type": "string"}, "creator": PERSON, "created": TIME},
) | {"$defs": {"selector": SELECTOR}}


def made() -> tuple[dict, str]:
    """A collection with every kind of place, on the second version, and that version's HTML."""
    old, new = (build("s", clean(html)) for html in (OLD, NEW))
    origins = {name: locate(old.blocks, 1, place) for name, place in PLACES.items()}
    numbered = dict(enumerate(origins.values(), 1))
    found = place_all(numbered, {1: old.blocks}, new.blocks)
    notes = [
        note(number, origin, found[number], words_at(new.blocks, found[number]))
        for number, origin in numbered.items()
    ]
    record = Record(
        "Auth", "auth", "https://h/p/auth?v=2", 2, 2, "Alice", THEN, "", "0" * 64, notes
    )
    return collection(record, new.blocks), new.html.decode()


def note(number: int, origin: Origin, place: Placement, now: str) -> Note:
    """A thread; the second is resolved, the third blocks, the first was answered."""
    return Note(
        number,
        number,
        open=number != 2,
        blocking=number == 3,
        opened_on=1,
        origin=origin,
        place=place,
        confirmed=False,
        then=origin.exact,
        now=now,
        differs=False,
        comments=comments(number),
        answer=ANSWERS.get(number),
    )


ANSWERS = {1: Answer("applied", "Done.", True)}


def comments(number: int) -> list[NoteComment]:
    first = NoteComment(number * 10, "Bob", THEN, "Why?" if number == 1 else "Hm.", THEN)
    reply = NoteComment(number * 10 + 1, "Alice", THEN + timedelta(hours=1), None, by_agent=True)
    return [first, reply] if number < 3 else [first]


def test_the_collection_is_valid_by_the_model() -> None:
    found, _ = made()
    errors = list(Draft202012Validator(MODEL).iter_errors(found))
    assert errors == []


def test_every_current_selector_finds_its_words_again() -> None:
    found, html = made()
    tree, checked = LexborHTMLParser(f"<body>{html}</body>"), 0
    for item in found["first"]["items"]:
        for target in item["target"] if isinstance(item["target"], list) else ():
            if target["planpush:version"] == 2:
                checked += check(tree, target)
    assert checked == 4


def check(tree: LexborHTMLParser, target: dict) -> int:
    """Follow one target's selectors through the document; count those with a place."""
    quote = next((s for s in target.get("selector", []) if s["type"] == "TextQuoteSelector"), None)
    for selector in target.get("selector", []):
        if selector["type"] == "FragmentSelector":
            (node,) = tree.css(f'[id="{selector["value"]}"]')
            inner = selector.get("refinedBy", {})
            if inner.get("type") == "CssSelector":
                (node,) = tree.css(inner["value"])
                inner = inner.get("refinedBy", {})
            text = normalise(node.text())
            if quote:
                start, end = inner["start"], inner["end"]
                assert text[start:end] == quote["exact"]
                assert text[:start].endswith(quote["prefix"])
                assert text[end:].startswith(quote["suffix"])
    return "selector" in target


def test_states_and_answers_are_told() -> None:
    found, _ = made()
    items = found["first"]["items"]
    first = [item for item in items if "planpush:thread" in item]
    states = [item["target"][1]["planpush:state"] for item in first]
    assert states == ["edited", "exact", "exact", "exact", "outdated"]
    assert [item["motivation"] for item in first[:2]] == ["questioning", "commenting"]
    assert first[0]["planpush:answer"] == "applied" and first[0]["planpush:answerUnchanged"]
    assert [item["planpush:status"] for item in first[:2]] == ["open", "resolved"]
    replies = [item for item in items if item["motivation"] == "replying"]
    assert [item["target"] for item in replies] == [first[0]["id"], first[1]["id"]]
    assert all("body" not in item and item["planpush:deleted"] for item in replies)
    assert found["total"] == len(items) == 7
    assert found["planpush:digest"] == "sha256:" + "0" * 64
