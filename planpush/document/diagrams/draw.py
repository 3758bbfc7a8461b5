"""Draws the Mermaid diagrams of a section and keeps their source beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape, unescape

from planpush.document.diagrams import mermaid, renderer
from planpush.document.diagrams.shapes import Keys
from planpush.document.diagrams.svg import MOST_PARTS, Drawing, redraw
from planpush.document.findings import place
from planpush.document.sanitizer.attributes import SLUG, strip_controls
from planpush.errors import Finding, InvalidDocument

MOST = 20
"""Diagrams that one section may have."""

_ATTRIBUTE = r"[^\s\"'<>/=]+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'<>]*+))?+"
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<raw>script|style|textarea|title)\b[^<>]*+>.*?(?:</(?P=raw)|\Z)|"
    rf"<(?P<name>/?figure|figcaption|pre)\b(?P<attributes>(?:[\s/]++|{_ATTRIBUTE})*+)>",
    re.IGNORECASE | re.DOTALL,
)
_PAIR = re.compile(r"(?<![\w-])([\w-]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'<>]++))")
_CLOSE = {name: re.compile(rf"</{name}\s*+>", re.IGNORECASE) for name in ("pre", "figcaption")}
_ANCHOR = re.compile(r"data-anchor\s*+=\s*+[\"']?([\w-]+)")
_MARKUP = re.compile(r"<[^<>]*+>")
_NO_ENGINE = "This server draws no diagrams; this is the source."


@dataclass(slots=True)
class _Found:
    """One `<pre class="pp-diagram">`: where it stands, what it says, what is around it."""

    start: int
    end: int
    inside: int
    source: str
    attributes: dict[str, str]
    figure: int
    caption: str = ""
    kind: str = ""
    text: str = ""


@dataclass(slots=True)
class Allowance:
    """Seconds of processor time that the drawings of one document may still take."""

    seconds: float = 6.0


def draw(anchor: str, html: str, allowance: Allowance | None = None) -> tuple[str, list[Finding]]:
    """Return the section's `html` with its diagrams drawn, and warnings.

    `allowance` is shared by the sections of a document, and used up. The result is not safe before
    it is sanitised. Raises `InvalidDocument` (`diagram_syntax`, `diagram_kind`,
    `diagram_too_large`).
    """
    if "pp-diagram" not in html:
        return html, []
    found = _find(html)
    allowance = allowance or Allowance()
    errors = _check(html, found, allowance)
    if errors:
        raise InvalidDocument("; ".join(error.message for error in errors[:3]), errors)
    if not found:
        return html, []
    answers, spent = renderer.render([one.text for one in found])
    allowance.seconds -= spent
    if answers is None:
        warning = _at(html, found[0], "diagram_engine_missing", _NO_ENGINE, "", 0, 0)
        return _joined(html, found, [_notice(one) for one in found]), [warning]
    return _joined(html, found, _drawn(anchor, html, found, answers)), []


def _find(html: str) -> list[_Found]:
    """Find the diagrams; figures are numbered from 1, for the caption may come behind."""
    found: list[_Found] = []
    captions: dict[int, str] = {}
    figures = [0]
    number = at = 0
    while token := _TOKEN.search(html, at):
        at, name = token.end(), (token["name"] or "").lower()
        if name == "figure":
            number += 1
            figures.append(number)
        elif name == "/figure":
            del figures[max(1, len(figures) - 1) :]
        elif name:
            end = _CLOSE[name].search(html, at)
            if end is None:
                break
            if name == "figcaption":
                captions[figures[-1] or -1] = _plain(html[at : end.start()][:2_000])
            elif _is_diagram(given := _attributes(token["attributes"])):
                inside = at, end.start()
                found.append(_made(html, (token.start(), end.end()), inside, given, figures[-1]))
            at = end.end()
    return [replace(one, caption=captions.get(one.figure, "")) for one in found]


def _is_diagram(given: dict[str, str]) -> bool:
    words = given.get("class", "").split()
    return "pp-diagram" in words and given.get("data-kind", "mermaid") == "mermaid"


def _made(
    html: str,
    outside: tuple[int, int],
    inside: tuple[int, int],
    given: dict[str, str],
    figure: int,
) -> _Found:
    source = strip_controls(unescape(html[slice(*inside)]))
    return _Found(*outside, inside[0], source, given, figure, text=mermaid.drawable(source))


def _plain(markup: str) -> str:
    return " ".join(unescape(_MARKUP.sub(" ", markup)).split())[:300]


def _attributes(text: str) -> dict[str, str]:
    return {
        name.lower(): unescape(double or single or bare)
        for name, double, single, bare in _PAIR.findall(text)
    }


def _check(html: str, found: list[_Found], allowance: Allowance) -> list[Finding]:
    """Return what can be said before anything is drawn."""
    errors = []
    if found and allowance.seconds <= 0:
        message = "The document's diagrams take too long to draw."
        fix = "Push with fewer or smaller diagrams, then push the rest."
        return [_at(html, found[0], "diagram_too_large", message, fix, 0, 0)]
    if len(found) > MOST:
        message = f"The section has {len(found)} diagrams; at most {MOST} are drawn."
        fix = "Divide the section."
        errors.append(_at(html, found[MOST], "diagram_too_large", message, fix, 0, 0))
    for one in found[:MOST]:
        excess = mermaid.excess(one.source)
        one.kind, first, line = mermaid.kind_of(one.text)
        if excess:
            fix = "Show less, or divide the diagram."
            errors.append(_at(html, one, "diagram_too_large", excess, fix, 0, 0))
        elif not first:
            fix = f"Begin with {mermaid.FIRST_WORDS}."
            errors.append(_at(html, one, "diagram_syntax", "The diagram is empty.", fix, 0, 0))
        elif not one.kind:
            message = f"“{first[:40]}” is not a kind of diagram that is drawn here."
            fix = f"Begin with {mermaid.FIRST_WORDS}."
            errors.append(_at(html, one, "diagram_kind", message, fix, line, 1))
    return errors


def _drawn(
    anchor: str, html: str, found: list[_Found], answers: list[renderer.Answer]
) -> list[str]:
    taken = set(_ANCHOR.findall(html)) | {anchor}
    counts: dict[str, int] = {}
    drawn, errors = [], []
    for one, answer in zip(found, answers, strict=True):
        counts[one.kind] = counts.get(one.kind, 0) + 1
        own = one.attributes.get("data-anchor", "")
        ordinal = f"-{counts[one.kind]}" if counts[one.kind] > 1 else ""
        prefix = own if SLUG.fullmatch(own) else f"{anchor[:30].rstrip('-')}-{one.kind}{ordinal}"
        picture = Drawing("")
        if not answer.error:
            name = _name(one)
            picture = redraw(answer.svg, one.kind, Keys(prefix, taken), answer.ends, name)
        if picture.svg and picture.nodes + picture.edges <= MOST_PARTS:
            drawn.append(_figure(one, picture))
        else:
            errors.append(_wrong(html, one, answer, picture))
    if errors:
        raise InvalidDocument("; ".join(error.message for error in errors[:3]), errors)
    return drawn


def _name(one: _Found) -> str:
    given = one.attributes.get("aria-label", "").strip()
    return given or one.caption or mermaid.title_of(one.text)


def _wrong(html: str, one: _Found, answer: renderer.Answer, picture: Drawing) -> Finding:
    if answer.large or picture.svg:
        message = "The diagram is too large to draw."
        fix = "Show less, or divide the diagram."
        return _at(html, one, "diagram_too_large", message, fix, 0, 0)
    message = f"The diagram cannot be read: {answer.error or 'nothing to draw'}."
    fix = "Correct this line of the Mermaid text; put labels with special characters in quotes."
    return _at(html, one, "diagram_syntax", message, fix, answer.line, answer.column)


def _at(
    html: str, one: _Found, code: str, message: str, fix: str, line: int, column: int
) -> Finding:
    """Return a finding at a line of the diagram (0: at its start), counted in the section."""
    if line < 1:
        first, at = place(html, one.start)
        return Finding(code, message, fix, line=first, column=at)
    first, at = place(html, one.inside)
    said = f"{message.rstrip('.')} (line {line} of the diagram)."
    here = column if line > 1 else at + max(column, 1) - 1
    return Finding(code, said, fix, line=first + line - 1, column=max(here, 1))


def _figure(one: _Found, picture: Drawing) -> str:
    said = escape(_name(one) or mermaid.NAMES[one.kind])
    canvas = (
        f'<div class="pp-drawing" role="region" tabindex="0" aria-label="Drawing: {said}">'
        f"{picture.svg}</div>"
    )
    source = (
        '<details class="pp-source"><summary>Source</summary>'
        f'<pre data-kind="mermaid"><code>{escape(one.source, quote=False)}</code></pre></details>'
    )
    return _wrapped(one, canvas + source)


def _notice(one: _Found) -> str:
    return _wrapped(
        one,
        f'<p class="dim">{_NO_ENGINE}</p>'
        f'<pre data-kind="mermaid"><code>{escape(one.source, quote=False)}</code></pre>',
    )


def _wrapped(one: _Found, content: str) -> str:
    own = one.attributes.get("data-anchor", "")
    given = f' data-anchor="{escape(own)}"' if own else ""
    if one.figure:
        return f'<div class="pp-diagram"{given}>{content}</div>'
    return f'<figure class="pp-figure pp-diagram"{given}>{content}</figure>'


def _joined(html: str, found: list[_Found], drawn: list[str]) -> str:
    pieces, at = [], 0
    for one, made in zip(found, drawn, strict=True):
        pieces += [html[at : one.start], made]
        at = one.end
    return "".join([*pieces, html[at:]])
