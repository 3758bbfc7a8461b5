"""Golden documents: each bad one gives exactly its code at its place, each good one nothing."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from planpush.document.findings import CODES
from planpush.document.lint.linter import review, review_page

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
GOOD = sorted((GOLDEN / "good").glob("*.html"))
BAD = sorted((GOLDEN / "bad").glob("*.html"))
PLACES: dict[str, str] = json.loads((GOLDEN / "bad" / "places.json").read_text())
TOPIC = '<section class="pp-section" data-anchor="topic"><h2>T</h2>{}</section>'
# What takes too much room for a file, or looks like a secret.
MADE = {
    "anchor_missing": "",
    "section_too_large": "<p>" + "x" * 1024 * 1024,
    "image_too_large": f"<img alt=x src='data:image/gif;base64,{'R0lGODlh' * 60_000}'>",
    "too_many_ampersands": "&" * 1_001,
    "too_many_attributes": "<p " + "a " * 201 + ">x</p>",
    "attribute_too_long": f"<p title='{'x' * 450_001}'>x</p>",
    "tag_name_too_long": f"<{'x' * 401}>x",
    "too_many_elements": "<br>" * 30_001 + "x",
    "unclosed_formatting": "<p>" + "".join(f"<b class=c{i}>" for i in range(150)) + "<p>x" * 900,
    "ambiguous_markup": "<select><style>x</style>",
    "secret_found": "ghp_" + "q7Hw2LpZ9xVbN4mK8tRc3sYdF6gJ1aEoU5iB",
    "diagram_kind": '<pre class="pp-diagram" data-kind="mermaid">nonsense\n  a</pre>',
    "diagram_syntax": '<pre class="pp-diagram" data-kind="mermaid">flowchart LR\n  a --> [</pre>',
    "diagram_too_large": '<pre class="pp-diagram" data-kind="mermaid">flowchart LR\n'
    + "a-->b\n" * 30_000 + "</pre>",
}  # fmt: skip
# A page, a plan or a machine of their own; no document is known for the last three.
ELSEWHERE = {
    "no_anchors", "too_many_sections", "anchor_with_threads", "diagram_engine_missing",
    "output_too_large", "unstable_markup", "unreadable_markup",
}  # fmt: skip


def found(html: str) -> list[tuple[str, str]]:
    errors, warnings = review([("topic", html)])
    return [(one.code, f"{one.line}:{one.column}") for one in [*errors, *warnings]]


def broken(html: str, chance: random.Random) -> str:
    """Take something out of a document, double it, or put something odd in its place."""
    at, size = chance.randrange(len(html)), chance.randrange(1, 30)
    odd = chance.choice(
        ["", html[at : at + size] * 2, "<", '"', "</p>", "<div>", "<!\x01--", "é<b", "/>"]
    )
    return html[:at] + odd + html[at + size :]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_document_gives_exactly_its_code(path):
    html = path.read_bytes().decode()
    assert found(html) == [(path.stem.split("-")[0], PLACES[path.name])]


@pytest.mark.parametrize("path", BAD + GOOD, ids=lambda path: path.stem)
def test_what_is_found_in_a_broken_document_has_a_place_in_it(path):
    chance = random.Random(11)
    whole = path.read_bytes().decode()
    for html in (broken(whole[:20_000], chance) for _ in range(4)):
        lines = html.split("\n")
        for code, place in found(html):
            line, column = map(int, place.split(":"))
            assert code in CODES and 1 <= line <= len(lines)
            assert 1 <= column <= len(lines[line - 1]) + 1


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_document_gives_nothing(path):
    errors, warnings, anchors = review_page(path.read_text())
    assert (errors, [one for one in warnings if one.code != "diagram_engine_missing"]) == ([], [])
    assert anchors


@pytest.mark.parametrize("code", MADE)
def test_what_is_made_gives_its_code(code):
    anchor = "topic" if code != "anchor_missing" else ""
    errors, warnings = review([(anchor, TOPIC.format(MADE[code]))])
    assert code in [one.code for one in [*errors, *warnings]]


def test_a_page_of_too_many_sections():
    html = "".join(f"<section data-anchor=a{n}>x</section>" for n in range(2_001))
    assert [one.code for one in review_page(html)[0]] == ["too_many_sections"]


def test_every_code_has_a_document():
    told = {path.stem.split("-")[0] for path in BAD} | MADE.keys() | ELSEWHERE
    assert told == CODES.keys()


def test_every_bad_document_has_its_place():
    assert {path.name for path in BAD} == PLACES.keys()
