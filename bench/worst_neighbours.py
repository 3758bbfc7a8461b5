"""The dearest documents that pass the limits, each just below one of them: for `bench.worst`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from typing import Any

from bench.worst_documents import Shape, each, row
from bench.worst_stage import Case, Send, Stage
from planpush.document.sanitizer import limits
from planpush.document.sections import MOST_SECTIONS

_ELEMENTS = limits.MAX_ELEMENTS - 100


def cases() -> Iterator[Case]:
    """Yield a push of each as one section, and of many sections."""
    for name, shape in ACCEPTED.items():
        yield Case(f"accepted: {name}", partial(_whole, shape))
    for name, many in SECTIONS.items():
        yield Case(f"accepted: {name}", partial(_sections, many))


def _drawn(text: str) -> str:
    return f'<pre class="pp-diagram" data-kind="mermaid">{escape(text)}</pre>'


ACCEPTED: dict[str, Shape] = {
    "200 attributes each": row("<p " + " ".join(f"a{n}=b" for n in range(190)) + ">x</p>", 700),
    "two long attributes": row(f"<p title='{'x' * 449_000}'>x</p>", 2),
    "references": each('<p id="a{0}" aria-owns="a{0} b c d e f">x</p>', 9_900),
    "runs of bare ampersands": row("&" * 999 + "x", 49, "<p>", "</p>"),
    "ampersands in a long text": row("&aaaaaaa ", 46_000, "<p>", "</p>"),
    "entities": row("&amp;", 49_000, "<p>", "</p>"),
    "no-break spaces": row("\xa0", 49_000, "<p>", "</p>"),
    "less-thans": row("&lt;", 240_000, "<p>", "</p>"),
    "stray ends": row("</p>", _ELEMENTS),
    "breaks": row("<br>", _ELEMENTS, "<p>", "</p>"),
    "comments": row("<!---->", _ELEMENTS),
    "tables in tables": row("<table><tr><td>" * 48 + "x" + "</td></tr></table>" * 48, 150),
    "lists in lists": row("<ul><li>" * 95 + "x" + "</li></ul>" * 95, 150),
    "groups in a drawing": row("<g>" * 180 + "</g>" * 180, 160, "<svg>", "</svg>"),
    "ten roots": row("<html a=1><body b=1>", 5),
    "misnested, often": row("<b><p>x</b>", 4_900),
    "unclosed within blocks": row("<div><b><i><u>x</div>", 15),
    "names of 64 letters": row(f"<{'x' * 60}>a</{'x' * 60}>", 7_000),
    "a table of 7,000 rows": each("<tr><td>a{0}</td><td>b</td><td>c</td></tr>", 7_300, "<table>",
                                  "</table>"),
    "a table of 140 columns": row("<tr>" + "<td>a</td>" * 140 + "</tr>", 200, "<table><tr>"
                                  + "<th>h</th>" * 140 + "</tr>", "</table>"),
    "letters with marks": row("e\u0301\u0323", 190_000, "<p>", "</p>"),
    "letters that are joined": row("\ufb03\u1e9b\u0323", 110_000, "<p>", "</p>"),
    "signs that are words": row("\u6f22", 320_000, "<p>", "</p>"),
    "right to left": row("\u05d0\u202e ", 150_000, "<p>", "</p>"),
    "white space": row(" \n\t", 320_000, "<p>a", "b</p>"),
    "one word": row("a", 990_000, "<p>", "</p>"),
    "classes that are none": row('<p class="a b c d e f g h">x</p>', 25_000),
    "code, a line each": row("<code>a</code>\n", 29_000, "<pre>", "</pre>"),
    "details": row("<details><summary>a</summary>b</details>", 14_000),
    "paths": row('<path d="M0 0L9 9"/>', 28_000, '<svg role="img" aria-label="x">', "</svg>"),
    "a long path": row("L9 9", 100_000, '<svg role="img" aria-label="x"><path d="M0',
                       '"/></svg>'),
    "labels in a drawing": each("<text>a{0}</text>", 28_000, '<svg role="img" aria-label="x">',
                                "</svg>"),
    "links to each other": each('<a id="a{0}" href="#a{0}">x</a>', 14_000),
    "images": row('<img alt="x" src="data:image/gif;base64,'
                  'R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==">', 9_000),
    "a diagram, a chain": Shape(
        lambda n: _drawn("flowchart LR\n" + "\n".join(f"a{i} --> a{i + 1}" for i in range(n))), 40),
    "a diagram, all to all": Shape(
        lambda n: _drawn("flowchart LR\n" + "\n".join(
            f"a{i} --> b{j}" for i in range(n) for j in range(n))), 9),
    "a diagram, messages": Shape(
        lambda n: _drawn("sequenceDiagram\n" + "A->>B: words\n" * n), 90),
    "diagrams": Shape(lambda n: _drawn("flowchart LR\na --> b") * n, 20),
}  # fmt: skip


def _piece(number: int, inner: str) -> dict[str, str]:
    html = f"<section data-anchor='s{number}'><h2>S</h2>{inner}</section>"
    return {"anchor": f"s{number}", "html": html}


SECTIONS: dict[str, Callable[[int], list[dict[str, str]]]] = {
    f"{MOST_SECTIONS} sections": lambda n: [_piece(i, "<p>a</p>" * 56) for i in range(n)],
    f"{MOST_SECTIONS} sections alike": lambda n: [
        _piece(i, f"<p>{'the same words as in every other ' * 8}{i}</p>" * 6) for i in range(n)
    ],
    f"{MOST_SECTIONS} tables": lambda n: [
        _piece(i, "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>")
        for i in range(n)
    ],
}


def _whole(shape: Shape, stage: Stage, share: float) -> Send:
    html = f"<section data-anchor='s'><h2>S</h2>{shape.small(share)}</section>"
    return lambda: stage.page("/api/push?title=A", html)


def _sections(made: Callable[[int], list[dict[str, str]]], stage: Stage, share: float) -> Send:
    sections = made(max(2, int(MOST_SECTIONS * share)))

    def send() -> Any:
        sections[0]["html"] += f"<!--{next(stage.numbers)}-->"
        told = json.dumps({"title": "A", "sections": sections})
        return stage.api("POST", "/api/push", data=told, content_type="application/json")

    return send
