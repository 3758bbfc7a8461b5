"""Mermaid text that wants to be more than a drawing, and the sections that hold what is drawn."""

from __future__ import annotations

import re
from functools import cache
from html import escape

from planpush.document.diagrams.draw import MOST, draw
from planpush.errors import InvalidDocument

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

# names that are not words
flowchart LR
constructor --> __proto__["x"]
a.b --> ünï

# marks on marks
flowchart LR
a["a$MARKS"]

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
    "$MARKS": "\u0301" * 500,
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
REFUSED = {"diagram_syntax", "diagram_kind", "diagram_too_large"}


def pre(text: str, attributes: str = "") -> str:
    """A diagram as an author writes it."""
    source = escape(text, quote=False)
    return f'<pre class="pp-diagram" data-kind="mermaid"{attributes}>{source}</pre>'


def section(number: int, names: list[str]) -> str:
    body = "\n".join(pre(DIAGRAMS[name]) for name in names)
    return f'<section data-anchor="part-{number}"><h2>Part {number}</h2>{body}</section>'


@cache
def accepted() -> list[list[str]]:
    """Return the names of those that can be drawn, by the section that they stand in."""
    names = list(DIAGRAMS)
    parts = [names[at : at + MOST] for at in range(0, len(names), MOST)]
    return [_drawn(number, some) for number, some in enumerate(parts)]


def _drawn(number: int, names: list[str]) -> list[str]:
    """Leave out what is refused, by the lines that the findings name."""
    while True:
        try:
            draw(f"part-{number}", section(number, names))
            return names
        except InvalidDocument as refused:
            assert {error.code for error in refused.errors} <= REFUSED
            lines = [name for name in names for _ in pre(DIAGRAMS[name]).split("\n")]
            wrong = {lines[min(error.line, len(lines)) - 1] for error in refused.errors}
            names = [name for name in names if name not in wrong]
