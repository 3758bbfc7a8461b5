"""One section out of a version's document, as somebody would put it again."""

from __future__ import annotations

import re
from typing import Optional

TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:[^<>\"]|\"[^\"]*\")*)>")
EMPTY = re.compile(r"></(?:use|path|rect|line|circle|ellipse|polyline|polygon)>")
DIAGRAM = r'class="(?:pp-figure )?pp-diagram"'
DRAWN = re.compile(
    rf'<(div|figure) {DIAGRAM}((?:[^<>"]|"[^"]*")*)>(?:(?!<pre\b|<\w+ {DIAGRAM}).)*'
    r'<pre[^>]*data-kind="mermaid"[^>]*><code>(.*?)</code></pre>(?:</details>)?</\1>',
    re.DOTALL,
)


def section(document: str, anchor: str) -> Optional[str]:
    """Return the source of a section, without what the server adds for showing it."""
    own = f' id="s-{anchor}"'
    for found in re.finditer(re.escape(own), document):  # words may read like an id, too
        start = max(document.rfind("<", 0, found.start()), 0)
        opened = TAG.match(document, start)
        if opened and own in opened[0] and f' data-anchor="{anchor}"' in opened[0]:
            return whole(document, start, opened[2], anchor)
    return None


def whole(document: str, start: int, name: str, anchor: str) -> Optional[str]:
    """Return the element that begins here, if it ends."""
    depth = 0
    for tag in TAG.finditer(document, start):
        if tag[2] == name:
            depth += -1 if tag[1] else 1
        if not depth:
            return plain(document[start : tag.end()], anchor)
    return None


def plain(text: str, anchor: str) -> str:
    """Return a section as an author writes it: no numbers, drawings as their source again."""
    text = DRAWN.sub(undrawn, text.replace(f' id="s-{anchor}"', "", 1))
    return EMPTY.sub("/>", TAG.sub(authored, text))


def authored(tag: "re.Match[str]") -> str:
    """Return a tag without what the server writes into it."""
    text = re.sub(r' data-block="\d+"', "", tag[0])
    return text.replace(' href="#pp-i-', ' href="#i-').replace(' checked=""', " checked")


def undrawn(match: "re.Match[str]") -> str:
    """Return the text that a drawing was made from."""
    own = re.sub(r' data-block="\d+"', "", match[2])
    source = match[3].replace("&gt;", ">")
    return f'<pre class="pp-diagram" data-kind="mermaid"{own}>{source}</pre>'
