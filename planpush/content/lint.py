"""The linter: what to mend in a pushed document, as the author wrote it, with line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape
from itertools import islice

from planpush.content.limits import place
from planpush.content.problem import Finding
from planpush.content.values import SLUG
from planpush.content.vocabulary import CLASSES, ELEMENTS, nearest

MAX_SECTION_BYTES = 1024 * 1024
_MOST = 50  # findings of a section
_ATTRIBUTE = r"[^\s\"'<>/=]+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'<>]*+))?+"
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<raw>script|style)\b[^<>]*+>.*?(?:</(?P=raw)|\Z)|"
    rf"<(?P<name>[a-zA-Z][\w-]*+)(?P<attributes>(?:[\s/]++|{_ATTRIBUTE})*+)>",
    re.DOTALL | re.IGNORECASE,
)
_PAIR = re.compile(
    r"(?P<name>[^\s\"'<>/=]+)(?:\s*+=\s*+(?P<value>\"[^\"]*+\"|'[^']*+'|[^\s\"'<>]*+))?+"
)
_TABLE = re.compile(r"<table\b((?:[^<]++|<(?!/table))*+)", re.IGNORECASE)
_TH = re.compile(r"<th[\s>]", re.IGNORECASE)
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|<[^<>]*+>", re.DOTALL | re.IGNORECASE
)
_PICTURE = re.compile(r"<(?:img|svg|hr|input)[\s/>]", re.IGNORECASE)
_ROOTS = frozenset(["html", "head", "body", "main"])
_KEPT_DATA = frozenset(["data-anchor", "data-kind", "data-row"])

Findings = list[Finding]


def lint(sections: Sequence[tuple[str, str]]) -> tuple[Findings, Findings]:
    """Check `(anchor, html)` pairs; return errors, which refuse a push, and warnings."""
    errors, warnings = _anchor_errors(sections), []
    inner: set[str] = {anchor for anchor, _ in sections}
    for number, (anchor, html) in enumerate(sections):
        where = f"sections[{number}].html"
        errors += [
            replace(found, field=where) for found in islice(_errors(anchor, html, inner), _MOST)
        ]
        warnings += [replace(found, field=where) for found in _warnings(html)]
    return errors, warnings


def _anchor_errors(sections: Sequence[tuple[str, str]]) -> Findings:
    found: Findings = []
    seen: set[str] = set()
    fix = "Use lower-case words joined with hyphens, at most 64 characters."
    for number, (anchor, _) in enumerate(sections):
        where = f"sections[{number}].anchor"
        if not anchor:
            found.append(Finding("anchor_missing", "The section has no anchor.", fix, where))
        elif not SLUG.fullmatch(anchor):
            message = f"“{anchor[:64]}” is not an anchor."
            found.append(Finding("anchor_malformed", message, fix, where))
        elif anchor in seen:
            message = f"The anchor “{anchor}” is used twice."
            found.append(Finding("duplicate_anchor", message, "Rename one of them.", where))
        seen.add(anchor)
    return found


def _errors(anchor: str, html: str, inner: set[str]) -> Iterator[Finding]:
    size = len(html.encode("utf-8", "replace"))
    if size > MAX_SECTION_BYTES:
        message = f"The section has {size:,} bytes; at most {MAX_SECTION_BYTES:,} are allowed."
        yield Finding("section_too_large", message, "Divide the section.")
        return
    if not _MARKUP.sub("", html).strip() and not _PICTURE.search(html):
        yield Finding("empty_section", "The section is empty.", "Write it or leave it out.")
    for number, (at, _, attributes) in enumerate(_tags(html)):
        given = attributes.get("data-anchor")
        if given is None or (number == 0 and given == anchor):
            continue
        if number == 0:
            message = f"The section's element says “{given[:64]}”, the push says “{anchor}”."
            yield _at(html, at, "anchor_mismatch", message, f'Write data-anchor="{anchor}".')
        elif given in inner:
            message = f"The anchor “{given[:64]}” is used twice."
            yield _at(html, at, "duplicate_anchor", message, "Rename one of them.")
        inner.add(given)


def _warnings(html: str) -> Findings:
    """The first place of each distinct warning."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for at, code, message, fix in _doubts(html):
        if (code, message) not in found:
            found[code, message] = at, fix
            if len(found) == _MOST:
                break
    return [
        _at(html, at, code, message, _nearest(fix) if code == "unknown_class" else fix)
        for (code, message), (at, fix) in found.items()
    ]


def _nearest(word: str) -> str:
    close = nearest(word)
    return f"Did you mean “{close}”?" if close else "Remove it."


def _doubts(html: str) -> Iterator[tuple[int, str, str, str]]:
    level = 0
    for at, name, attributes in _tags(html):
        yield from ((at, *doubt) for doubt in _tag_doubts(name, attributes))
        if re.fullmatch("h[1-6]", name):
            if level and int(name[1]) > level + 1:
                message = f"<{name}> follows <h{level}>."
                yield at, "heading_order", message, f"Use <h{level + 1}>."
            level = int(name[1])
    for table in _TABLE.finditer(html):
        if not _TH.search(table[1]):
            fix = 'Write the first row with <th scope="col">.'
            yield table.start(), "table_without_headers", "A table has no header cells.", fix


def _tag_doubts(name: str, attributes: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    if name not in ELEMENTS and name.lower() not in _ROOTS | {tag.lower() for tag in ELEMENTS}:
        yield "element_dropped", f"<{name[:32]}> is not kept.", "Use an element of the vocabulary."
    for attribute in attributes:
        if _is_dropped(attribute):
            fix = "Use classes of the vocabulary." if attribute == "style" else "Remove it."
            yield "attribute_dropped", f"The attribute {attribute[:32]} is not kept.", fix
    for word in dict.fromkeys(attributes.get("class", "").split()):
        if word not in CLASSES:
            # The fix is looked up for the few that are kept.
            yield "unknown_class", f"The class “{word[:64]}” is not in the vocabulary.", word
    if name == "img":
        yield from _image_doubts(attributes)


def _image_doubts(attributes: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    if "alt" not in attributes:
        yield "image_without_alt", "An image has no text.", 'Write alt="what it shows".'
    if not attributes.get("src", "").lstrip().lower().startswith("data:"):
        fix = "Embed it as data:image/png;base64,…"
        yield "remote_image", "An image from elsewhere is not kept.", fix


def _is_dropped(attribute: str) -> bool:
    if attribute.startswith("data-"):
        return attribute not in _KEPT_DATA
    return attribute in ("style", "srcset", "srcdoc") or attribute.startswith(("on", "hx-"))


def _tags(html: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Yield offset, name and attributes of each start tag."""
    for token in _TOKEN.finditer(html):
        name = token["name"] or token["raw"]
        if name:
            yield token.start(), name.lower(), _attributes(token["attributes"] or "")


def _attributes(text: str) -> dict[str, str]:
    return {
        pair["name"].lower(): unescape((pair["value"] or "").strip("\"'"))
        for pair in _PAIR.finditer(text)
    }


def _at(html: str, at: int, code: str, message: str, fix: str) -> Finding:
    line, column = place(html, at)
    return Finding(code, message, fix, line=line, column=column)
