"""Mermaid text that wants to be more than a drawing, through a whole push and into Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from planpush.document.diagrams import renderer
from tests.system.conftest import ASKED_BY_THE_PAGE
from tests.system.serving import Server

pytestmark = pytest.mark.skipif(
    not renderer.is_installed(), reason="no diagram engine: install the extra diagrams"
)
# One diagram a paragraph, below its name.
SOURCE = r"""
# label
flowchart LR
a["$IMG"] --> b["$SCRIPT"]

# bare label
flowchart LR
a[$IMG] --> b

# edge label
flowchart LR
a -->|"$IMG"| b -- "$SCRIPT" --> c

# subgraph
flowchart LR
subgraph x["$IMG"]
a --> b
end

# markdown label
flowchart LR
a["`**b** $IMG [l](javascript:alert(1))`"] --> b

# click address
flowchart LR
a --> b
click a "javascript:alert(1)"

# click href
flowchart LR
a --> b
click a href "$EVIL" "tip" _top

# click call
flowchart LR
a --> b
click a call alert(1)
click b alert

# click behind a semicolon
flowchart LR
a --> b; click a "javascript:alert(1)"

# click after a tab
$TABflowchart LR
$TABa --> b
$TABclick$TABa$TABhref$TAB"javascript:alert(1)"

# click in capitals
flowchart LR
a --> b
CLICK a "javascript:alert(1)"

# init directive
%%{init: {'securityLevel': 'loose', 'htmlLabels': true}}%%
flowchart LR
a-->b

# init theme css
%%{init: {'themeCSS': '*{background:url($EVIL)}'}}%%
graph LR
a-->b

# init in the middle
flowchart LR
a-->b
%%{init: {'flowchart': {'htmlLabels': true}}}%%
b-->c

# init unclosed
flowchart LR
a-->b
%%{init: {'securityLevel': 'loose'}

# init font
%%{initialize: {'fontFamily': '\">$SCRIPT'}}%%
graph LR
a-->b

# wrapped init
%%{%%{init: {}}%%init: {'securityLevel': 'loose', 'htmlLabels': true}}%%
graph LR
a

# front matter
---
config:
  securityLevel: loose
  htmlLabels: true
---
flowchart LR
a-->b

# front matter title
---
title: '$IMG'
---
flowchart LR
a-->b

# two front matters
---
a: 1
---
---
config:
  htmlLabels: true
---
flowchart LR
a-->b

# theme css
---
config:
  themeCSS: '@import url($EVIL);'
---
flowchart LR
a-->b

# style
flowchart LR
a-->b
style a fill:url($EVIL),background:url($EVIL)

# class definition
flowchart LR
a:::x-->b
classDef x fill:url($EVIL),stroke:expression(alert(1))

# link style
flowchart LR
a-->b
linkStyle 0 stroke:url($EVIL),stroke-width:1px

# import
flowchart LR
a-->b
classDef x fill:#fff;}@import url($EVIL);*{fill:red

# foreign object
flowchart LR
a["<foreignObject><body onload=alert(1)></foreignObject>"]-->b

# entities
flowchart LR
a["#lt;img src=x onerror=alert(1)#gt; #60;script#62; &lt;b onx=y&gt;"]-->b

# numbered entities
flowchart LR
a["&#60;script&#62;alert(1)&#60;/script&#62; #x3c;svg onload=y#x3e;"]-->b

# quote in an id
flowchart LR
a"onload="alert(1)[x] --> b'onload='y

# quotes in a label
flowchart LR
a["#quot; onload=#quot;alert(1)"] --> b['" onload="y']

# end of cdata
flowchart LR
a["]]>$SCRIPT<![CDATA["] --> b["--><b>"]

# doctype
flowchart LR
a["<!DOCTYPE svg [<!ENTITY x SYSTEM '$EVIL'>]>&x;"]-->b

# style element
flowchart LR
a["</text></svg><style>*{display:none}</style>"]-->b

# closes the source
flowchart LR
a["</code></pre></details><iframe src=$EVIL>"]-->b

# accessible description
flowchart LR
accTitle: $IMG
accDescr: $SCRIPT" onload="x
a-->b

# description block
flowchart LR
accDescr {
$SCRIPT
]]>
}
a-->b

# image shape
flowchart LR
a@{ img: "$EVIL.png", label: "x", pos: "t", w: 60, h: 60 }
a-->b

# icon shape
flowchart LR
a@{ icon: "fa:x\" onload=alert(1)", form: "square", label: "$IMG" }-->b

# shape with a label
flowchart LR
a@{ shape: rect, label: "$IMG" } --> b

# icon text
flowchart LR
a["fa:fa-ban img:$EVIL"]-->b

# edge id
flowchart LR
a e"1@--> b
e1@{ animate: true, curve: "x\" onload=\"y" }

# sequence
sequenceDiagram
participant a as $IMG
a->>b: $SCRIPT
Note over a: $IMG

# sequence links
sequenceDiagram
participant a
link a: x @ $EVIL
links a: {"j": "javascript:alert(1)"}
a->>a: x

# sequence properties
sequenceDiagram
participant a
properties a: {"class": "x", "icon": "@clock"}
a->>a: x

# sequence box
sequenceDiagram
box url($EVIL) $IMG
participant a
end
a->>a: x
rect url($EVIL)
a->>a: y
end

# sequence title
sequenceDiagram
title $IMG
a->>b: x
loop $SCRIPT
a->>b: y
end

# class diagram
classDiagram
class a["$IMG"]
a : +$SCRIPT x
a --> b : $IMG
note for a "$SCRIPT"

# class link
classDiagram
class a
link a "$EVIL" "t"
click a href "javascript:alert(1)"
callback a "alert" "t"

# class generics
classDiagram
class a~List~img src=x onerror=alert(1)~~
a : x~$IMG~

# state
stateDiagram-v2
state "$IMG" as a
[*] --> a : $SCRIPT
note right of a : $IMG

# state click
stateDiagram-v2
[*] --> a
click a "$EVIL" "t"
classDef x fill:url($EVIL)
class a x

# entity
erDiagram
a["$IMG"] ||--o{ b : "$SCRIPT"
a { string x PK "$IMG" }

# bidi and zero width
flowchart LR
a["$HIDDEN<scr$HIDDENipt>"]-->b["$BLANKx"]

# nul
flowchart LR
a["&#0;&#x0;<$NULscript>"] --> b
"""
WORDS = {
    "$IMG": "<img src=https://evil.example/x onerror=alert(1)>",
    "$SCRIPT": "<script>alert(1)</script>",
    "$EVIL": "https://evil.example/x",
    "$TAB": "\t",
    "$HIDDEN": "\u202e\u2066\u200b",
    "$BLANK": "\ufeff\u2028",
    "$NUL": "\x00",
}


def diagrams() -> dict[str, str]:
    """Return the texts by their names."""
    found = {}
    for paragraph in re.split(r"\n\n(?=# )", SOURCE.strip("\n")):
        name, _, text = paragraph.removeprefix("# ").partition("\n")
        for word, meant in WORDS.items():
            text = text.replace(word, meant)
        found[name] = text
    return found


DIAGRAMS = diagrams()
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
OUTSIDE = """() => document.querySelectorAll(
    "#pp-doc :is(script, foreignObject, style, image, a:not(.pin, .permalink))").length"""

CLICK = """(parts) => parts.map((part) => part.dispatchEvent(
    new MouseEvent("click", {bubbles: true, cancelable: true, composed: true}))).length"""
OPENS = "(parts) => parts.every((part) => [true, false].includes(part.open))"


def section(number: int, text: str) -> str:
    source = escape(text, quote=False)
    picture = f'<pre class="pp-diagram" data-kind="mermaid">{source}</pre>'
    return f'<section data-anchor="part-{number}"><h2>Part {number}</h2>{picture}</section>'


def stored(server: Server, name: str) -> str | None:
    """Push one diagram; return the bytes that its readers get, None if it was refused."""
    number = list(DIAGRAMS).index(name)
    pushed = server.push(section(number, DIAGRAMS[name]), f"title=Diagram&slug=hostile-{number}")
    if pushed.status_code == 422:
        codes = {error["code"] for error in pushed.json()["errors"]}
        assert codes <= {"diagram_syntax", "diagram_kind", "diagram_too_large"}
        return None
    assert pushed.status_code == 201, pushed.text
    return server.api("alice", "GET", f"/api/plans/{pushed.json()['plan']}/document").text


@pytest.fixture(scope="session")
def drawn(server: Server) -> dict[str, str]:
    found = {name: stored(server, name) for name in DIAGRAMS}
    return {name: html for name, html in found.items() if html is not None}


@pytest.mark.long
def test_most_hostile_diagrams_are_drawn_all_the_same(drawn: dict[str, str]) -> None:
    assert len(drawn) > len(DIAGRAMS) / 2, DIAGRAMS.keys() - drawn.keys()
    assert all("<svg" in html for html in drawn.values())


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


@pytest.mark.long
def test_nothing_foreign_is_stored(drawn: dict[str, str]) -> None:
    assert {name: found for name, html in drawn.items() if (found := foreign(html))} == {}


def test_the_measure_sees_what_is_foreign() -> None:
    assert len(foreign("<a href=x>y</a><svg><rect fill='url(//a)' onload=x/></svg>")) == 4


# All of them would take five of the six seconds of work that one push has.
@pytest.mark.browser
@pytest.mark.parametrize("half", [0, 1])
def test_nothing_runs_and_nothing_leaves(
    server: Server, drawn: dict[str, str], visit: Callable[..., Any], half: int
) -> None:
    names, chosen = list(DIAGRAMS), [*drawn][half::2]
    html = "".join(section(names.index(name), DIAGRAMS[name]) for name in chosen)
    pushed = server.push(html, "title=Diagrams&slug=hostile-diagrams&visibility=published")
    assert pushed.status_code == 201, pushed.text
    page = visit("alice", at="", viewport={"width": 1200, "height": 900})
    noted: list[str] = []
    page.on("dialog", lambda dialog: noted.append(dialog.message))
    page.goto(f"/p/{pushed.json()['plan']}", wait_until="load")
    page.on("request", lambda request: noted.append(request.url))
    assert page.evaluate(OUTSIDE) == 0
    parts = page.locator("#pp-doc svg g[data-anchor], #pp-doc summary")
    assert parts.evaluate_all(CLICK) > 60
    assert page.locator("#pp-doc details").evaluate_all(OPENS)
    page.wait_for_timeout(300)
    assert [line for line in noted if not ASKED_BY_THE_PAGE.search(line)] == []
    assert page.locator("#pp-doc .pp-drawing > svg").count() >= len(chosen)
