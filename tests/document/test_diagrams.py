"""Diagrams: drawn in colours of the app, keyed by the author's names, harmless, bounded."""

from __future__ import annotations

import os
import re
import subprocess
from html import escape, unescape
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from planpush.document.diagrams import draw, renderer, renderer_process
from planpush.document.sanitizer import limits, sanitizer
from planpush.document.sanitizer.svg import settle
from planpush.document.sections import Section, build
from planpush.errors import InvalidDocument
from tests.document.hostile_diagrams import DIAGRAMS, accepted, pre, section

pytestmark = pytest.mark.skipif(not renderer.is_installed(), reason="the extra diagrams is missing")

SOURCES = {
    "flow": "flowchart LR\n  web[Web app] -->|JWT & more| gate{Gateway}\n  gate --> web\n"
    "  subgraph edge[Edge]\n    gate\n  end\n  style gate fill:#fee,stroke:#f00",
    "sequence": "sequenceDiagram\n  participant U as User\n  U->>+API: POST /login\n"
    "  API-->>-U: 200 <token>\n  Note over U,API: twice",
    "er": "erDiagram\n  CUSTOMER ||--o{ ORDER : places\n  ORDER {\n    uuid id PK\n  }",
    "state": "stateDiagram-v2\n  [*] --> Idle\n  Idle --> Busy: start\n  Busy --> [*]",
    "class": "classDiagram\n  Animal <|-- Duck\n  class Duck {\n    +swim() bool\n  }",
}
PARTS = {
    "flow": {"Web app", "Gateway", "Edge", "Web app → Gateway: JWT & more", "Gateway → Web app"},
    "sequence": {"User", "API", "User → API: POST /login", "API → User: 200 <token>", "twice"},
    "er": {"CUSTOMER", "ORDER", "CUSTOMER → ORDER: places"},
    "state": {"Start", "Idle", "Busy", "End", "Start → Idle", "Idle → Busy: start", "Busy → End"},
    "class": {"Animal", "Duck", "Animal → Duck"},
}
LARGE = {
    "10,000 nodes": "flowchart LR\n" + "".join(f"a{n} --> a{n + 1}\n" for n in range(10_000)),
    "500 nodes": "flowchart LR\n" + "".join(f"a{n} --> a{n + 1}\n" for n in range(500)),
    "every two joined": "flowchart LR\n"
    + " & ".join(f"a{n}" for n in range(99))
    + " --> "
    + " & ".join(f"b{n}" for n in range(99)),
    "200 deep": "flowchart LR\n"
    + "".join(f"subgraph s{n}\n" for n in range(200))
    + "a\n"
    + "end\n" * 200,
    "200 loops": "sequenceDiagram\n" + "loop x\n" * 200 + "A->>B: x\n" + "end\n" * 200,
    "200 states deep": "stateDiagram-v2\n" + "state S {\n" * 200 + "a --> b\n" + "}\n" * 200,
    "a huge label": 'flowchart LR\n a["' + "word " * 20_000 + '"]',
    "a long row of brackets": "flowchart LR\n a" + "[(" * 5_000,
    "many lines": "sequenceDiagram\n" + "A->>B: x\n" * 1_000,
}
TAGS = {
    "script",
    "style",
    "foreignobject",
    "iframe",
    "image",
    "img",
    "animate",
    "set",
    "a",
    "title",
}
NAMES = re.compile(r"on.*|style|src|target|href|xlink.*|xmlns.*", re.IGNORECASE)
VALUES = re.compile(r"javascript:|https?:|expression|@import|url\((?!#d-)", re.IGNORECASE)
SAID = {"aria-label"}  # what is read out, never fetched


def stored(html: str, anchor: str = "way") -> Section:
    """A section as a push would store it."""
    drawn, _ = draw.draw(anchor, html)
    limits.check(drawn)
    return build(anchor, settle(sanitizer.clean(drawn)))


def drawing(html: str) -> str:
    """The `<svg>` of a section as it is stored."""
    return re.findall(r"<svg.*?</svg>", stored(html).html.decode(), re.DOTALL)[0]


def refusal(html: str) -> Any:
    """The one thing that is wrong with a section."""
    with pytest.raises(InvalidDocument) as refused:
        draw.draw("way", html)
    (error,) = refused.value.errors
    return error


@pytest.mark.parametrize("kind", SOURCES)
def test_nodes_and_edges_are_blocks_with_names(kind: str) -> None:
    blocks = [b for b in stored(f"<h2>Way</h2>{pre(SOURCES[kind])}").blocks if b.tag == "g"]
    assert {block.text for block in blocks} == PARTS[kind]
    keys = [block.anchors[0] for block in blocks]
    assert len(set(keys)) == len(keys)
    assert all(block.element for block in blocks)


@pytest.mark.parametrize("kind", SOURCES)
def test_a_pin_of_a_part_goes_into_its_last_group(kind: str) -> None:
    section = stored(pre(SOURCES[kind]))
    for block in section.blocks:
        if block.tag == "g":
            before, after = (
                section.html[: section.pins[block.key]],
                section.html[section.pins[block.key] :],
            )
            assert re.search(rb'<g transform="translate\([-0-9. ]+\)">$', before)
            assert after.startswith(b"</g></g>")


def test_keys_do_not_hang_on_order() -> None:
    first, *lines = SOURCES["flow"].split("\n")
    more = "\n".join([first, "  zero --> web", *lines])
    keys = {b.text: b.anchors[0] for b in stored(pre(SOURCES["flow"])).blocks if b.tag == "g"}
    later = {b.text: b.anchors[0] for b in stored(pre(more)).blocks if b.tag == "g"}
    assert keys.items() <= later.items()


def foreign(html: str) -> list[str]:
    """Return what in a stored document is more than shapes and words."""
    found = []
    for node in LexborHTMLParser(html).css("body *"):
        if (node.tag or "").lower() in TAGS:
            found.append(node.html or "")
        for name, value in node.attributes.items():
            icon = name == "href" and node.tag == "use" and (value or "").startswith("#")
            if name not in SAID and (VALUES.search(value or "") or NAMES.fullmatch(name)):
                found += [] if icon else [f"{name}={value}"]
    return found


def test_most_hostile_diagrams_are_drawn_as_shapes_and_words_and_their_source_is_shown() -> None:
    names = accepted()
    assert sum(map(len, names)) > len(DIAGRAMS) / 2
    for number, some in enumerate(names):
        drawn, _ = draw.draw(f"part-{number}", section(number, some))
        once = sanitizer.clean(drawn)
        assert sanitizer.clean(once) == once
        assert once.count("<") == drawn.count("<"), "an element of ours did not survive"
        assert foreign(build("way", settle(once)).html.decode()) == []
        sources = [unescape(code) for code in re.findall(r"<code>(.*?)</code>", once, re.DOTALL)]
        assert sources == [sanitizer.strip_controls(DIAGRAMS[name]) for name in some]
        assert not re.search(r"(?:fill|stroke)=\"(?!none|var\(--)", once), "a literal color"


def test_the_measure_sees_what_is_foreign() -> None:
    assert len(foreign("<a href=x>y</a><svg><rect fill='url(//a)' onload=x/></svg>")) == 4


@pytest.mark.parametrize(("late", "drawn"), [(2, True), (1_000_000, False)])
def test_a_diagram_is_drawn_again_while_little_work_was_done(monkeypatch, late, drawn) -> None:
    merman, limits = pytest.importorskip("merman"), []

    def control(milliseconds: int) -> Any:
        limits.append(milliseconds)
        return real(0 if len(limits) <= late else milliseconds)

    real = merman.MermanOperationControl
    monkeypatch.setattr(merman, "MermanOperationControl", control)
    monkeypatch.setattr(renderer_process, "WORK", 0.1)
    answer = (renderer_process._merman() or str)(SOURCES["flow"])
    assert ("svg" in answer, answer.get("large", False)) == (drawn, not drawn)
    assert len(limits) == 3 if drawn else len(limits) > 3


@pytest.mark.parametrize("name", LARGE)
def test_a_large_diagram_is_refused_soon(name: str) -> None:
    began = sum(os.times()[:4])  # our own work and that of ended children
    error = refusal(pre(LARGE[name]))
    assert error.code in ("diagram_too_large", "diagram_syntax")
    assert sum(os.times()[:4]) - began < 1.5


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("flowchart LR\n  a --> b\n  c -- > d [", "diagram_syntax", 4, 8),
        ("sequenceDiagram\n  A->>B: hi\n  A=>B", "diagram_syntax", 4, 5),
        ("%% a remark\npie\n 'a': 1", "diagram_kind", 3, 1),
        ("nonsense", "diagram_kind", 2, 45),
        ("", "diagram_syntax", 2, 1),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, code: str, line: int, column: int) -> None:
    error = refusal(f"<p>Before.</p>\n{pre(text)}")
    assert (error.code, error.line, error.column) == (code, line, column)
    assert error.fix


@pytest.mark.parametrize(
    ("html", "name"),
    [
        (pre("flowchart LR\n a --> b", ' aria-label="Way in"'), "Way in"),
        (
            f"<figure>{pre('flowchart LR; a-->b')}<figcaption>The <b>way</b></figcaption></figure>",
            "The way",
        ),
        (pre("flowchart LR\n accTitle: By text\n a --> b"), "By text"),
        (pre("flowchart LR\n a --> b"), "Flowchart with 2 nodes and 1 edge"),
        (pre("flowchart LR\n a --> b", ' aria-label="a > b"'), "a &gt; b"),
    ],
)
def test_a_drawing_has_a_name(html: str, name: str) -> None:
    assert f'role="group" aria-label="{name}"' in drawing(html)


def test_figures_are_not_nested() -> None:
    html = f"<figure class='pp-figure'>{pre(SOURCES['er'])}<figcaption>Tables</figcaption></figure>"
    found = stored(html).html.decode()
    assert found.count("<figure") == 1
    assert "<figcaption" in found
    assert stored(pre(SOURCES["er"])).html.decode().count("<figure") == 1


def test_two_diagrams_share_no_key_and_no_id() -> None:
    html = stored(pre(SOURCES["flow"]) * 2 + pre(SOURCES["er"])).html.decode()
    for attribute in ("data-anchor", "id"):
        values = re.findall(rf' {attribute}="([^"]*)"', html)
        assert len(set(values)) == len(values)


def test_the_diagrams_of_a_document_share_their_time() -> None:
    allowance = draw.Allowance()
    draw.draw("way", pre(SOURCES["flow"]), allowance)
    assert 5 < allowance.seconds < 6
    allowance.seconds = 0
    with pytest.raises(InvalidDocument) as refused:
        draw.draw("other", pre(SOURCES["flow"]), allowance)
    assert [error.code for error in refused.value.errors] == ["diagram_too_large"]


def test_what_is_no_diagram_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "render", None)
    for html in ("<pre>flowchart LR</pre>", "<p>pp-diagram</p>", f"<!-- {pre('x')} -->"):
        assert draw.draw("way", html) == (html, [])


def test_without_an_engine_the_source_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "render", lambda _texts: (None, 0.1))
    drawn, (warning,) = draw.draw("way", pre(SOURCES["flow"]))
    assert warning.code == "diagram_engine_missing"
    assert "This server draws no diagrams" in drawn
    assert escape(SOURCES["flow"], quote=False) in drawn


def test_an_engine_that_hangs_or_dies_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "_WALL", 0.01)
    assert refusal(pre(SOURCES["flow"])).code == "diagram_too_large"
    monkeypatch.undo()
    dead = subprocess.CompletedProcess([], -11, b"", b"")
    monkeypatch.setattr(renderer.subprocess, "run", lambda *_args, **_told: dead)
    assert refusal(pre(SOURCES["flow"])).code == "diagram_too_large"


@pytest.mark.parametrize(
    ("svg", "blocks", "after"),
    [
        (
            "<g data-anchor='box'><text>One</text><text>Two</text><g></g></g>",
            ["One Two"],
            b"</g></g>",
        ),
        ("<g data-anchor='box'><text>One</text><text>Two</text></g>", ["One Two"], b""),
        ("<g><text>One</text><text>Two</text></g>", ["One", "Two"], b""),
    ],
)
def test_drawings_by_hand(svg: str, blocks: list[str], after: bytes) -> None:
    """A group with a key is one block, with its pin inside where it leaves room, else behind."""
    section = stored(f"<h2>Way</h2><p>So.</p><svg>{svg}</svg>")
    parts = [block for block in section.blocks if block.tag in ("g", "text")]
    assert [block.text for block in parts] == blocks
    for part in parts:
        rest = section.html[section.pins[part.key] :]
        assert rest.startswith(after or b"</section>")
