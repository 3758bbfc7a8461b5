"""Colors and styles of diagram parts."""

from __future__ import annotations

import colorsys
import re
import unicodedata
from collections.abc import Iterable, Mapping
from html import escape
from xml.etree.ElementTree import Element

SIZE = 14
"""Pixels of the letters; the engine measures with 16, so that wider fonts fit as well."""

MEASURED = 16

GEOMETRY = {
    "path": ("d",),
    "rect": ("x", "y", "width", "height", "rx", "ry"),
    "circle": ("cx", "cy", "r"),
    "ellipse": ("cx", "cy", "rx", "ry"),
    "line": ("x1", "y1", "x2", "y2"),
    "polyline": ("points",),
    "polygon": ("points",),
}
FOCUS = ' tabindex="0"'
"""Nodes are reached by keyboard, edges through the key c: there are too many of them to tab."""

FAMILIES = ("info", "warn", "bad", "good", "teal", "plum", "mute")
_NAMED = {
    "info": "new added add accent primary highlight info focus",
    "warn": "changed changes modified edited warn warning attention pending",
    "bad": "gone removed deleted deprecated bad error danger critical failed fail breaking",
    "good": "good ok success done healthy ready",
    "mute": "external ext muted mute dim old legacy out disabled",
    "teal": "store storage db database data cache",
    "plum": "queue async event events",
}
_BY_NAME = {word: family for family, words in _NAMED.items() for word in words.split()}
_LONG_NUMBER = re.compile(r"-?[0-9]+\.[0-9]{3,}(?:e-?[0-9]+)?")
_NUMBERS = re.compile(r"[\w\s.,%+-]*", re.ASCII)
_HEX = re.compile(r"(?:fill|background|stroke):\s*#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")
_NARROW = frozenset("iljtfrI.,:;'|!()[] ")


def local(element: Element) -> str:
    """Return the name of an element without its name space."""
    return str(element.tag).rpartition("}")[2]


def classes(element: Element) -> frozenset[str]:
    """Return the class words that the engine gave an element."""
    return frozenset(element.get("class", "").split())


def rounded(value: str) -> str:
    """Return a list of numbers or a path with two digits behind each point."""
    return _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.2f}", value)


def number(value: float) -> str:
    """Return a coordinate as it is written."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def shape(element: Element, paint: str) -> str:
    """Return one shape: its geometry and where it stands, our paint, nothing else."""
    tag = local(element)
    names = GEOMETRY[tag]
    if not all(_NUMBERS.fullmatch(element.get(name, "")) for name in names):
        return ""
    given = "".join(
        f' {name}="{rounded(element.get(name, ""))}"' for name in names if element.get(name)
    )
    return f"<{tag}{given}{transform(element)}{paint}></{tag}>"


def transform(element: Element) -> str:
    """Return the transform attribute of an element as ours."""
    value = element.get("transform", "")
    return f' transform="{escape(rounded(value))}"' if value else ""


def family(names: Iterable[str], style: str) -> str:
    """Return which family of colours a node is of, by its class names or a literal colour."""
    for name in names:
        if found := _BY_NAME.get(name.lower()):
            return found
    literal = _HEX.search(style)
    if not literal:
        return ""
    digits = literal[1] if len(literal[1]) == 6 else "".join(2 * digit for digit in literal[1])
    hue, light, strength = colorsys.rgb_to_hls(
        *(int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    )
    if strength < 0.12 or not 0.04 < light < 0.99:
        return "mute" if 0.04 < light < 0.93 else ""
    bounds = ((0.05, "bad"), (0.18, "warn"), (0.42, "good"), (0.53, "teal"), (0.7, "info"))
    return next((name for top, name in bounds if hue < top), "plum" if hue < 0.9 else "bad")


def node_paint(tone: str, part: str = "") -> Mapping[str, str]:
    """Return fill, line and ink of a node of a family of colours."""
    if part == "note":
        tone = "warn"
    if tone in FAMILIES:
        return {"fill": f"var(--{tone}-soft)", "line": f"var(--{tone}-line)", "ink": "var(--ink)"}
    return {"fill": "var(--raised)", "line": "var(--line-2)", "ink": "var(--ink)"}


def width(text: str, size: float) -> float:
    """Return about how wide `text` is, rather more than less."""
    ems = 0.0
    for mark in text:
        if mark in _NARROW:
            ems += 0.34
        elif unicodedata.east_asian_width(mark) in "WF":
            ems += 1.0
        else:
            ems += 0.74 if mark.isupper() or mark in "mwMW@%" else 0.58
    return ems * size


def label(
    x: float,
    y: float,
    words: str,
    *,
    ink: str = "var(--ink)",
    size: float = SIZE,
    anchor: str = "middle",
    weight: int = 0,
) -> str:
    """Return one line of text with its baseline at `y`."""
    bold = f' font-weight="{weight}"' if weight else ""
    return (
        f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}" fill="{ink}"'
        f' font-size="{number(size)}"{bold}>{escape(words, quote=False)}</text>'
    )


def part(key: str, name: str, content: str, spot: tuple[float, float], where: str = "") -> str:
    """Return a group that a comment can sit on; its last, empty group is where the pin goes.

    `where` are its further attributes.
    """
    x, y = spot
    said = escape(name.strip()[:300] or key)
    return (
        f'<g data-anchor="{key}" role="group" aria-label="{said}"{where}>{content}'
        f'<g transform="translate({number(x)} {number(y)})"></g></g>'
    )
