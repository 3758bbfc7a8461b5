"""What the sanitiser keeps of real documents: every word, and the same bytes on the way again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html as parser

from planpush.document.sanitizer import limits, sanitizer, svg
from planpush.document.sections import build, cut

PAIRS = Path(__file__).resolve().parents[3] / "shared" / "tools" / "anchors" / "pairs"
FILES = sorted(PAIRS.glob("*.json.gz"))
INVISIBLE = {"script", "style", "template", "noscript", "title", "head"}


def pushed(html: str) -> list[tuple[str, str]]:
    """Return the (anchor, markup) that the whole chain of a push stores."""
    limits.check(html)
    made = []
    for piece in cut(html).pieces:
        limits.check(piece.html)
        clean = svg.settle(sanitizer.clean(piece.html))
        made.append((piece.anchor, build(piece.anchor, clean).html.decode()))
    return made


def words(html: str) -> str:
    """Return the visible text of a document as a second parser sees it, blanks normalised."""
    body = parser.document_fromstring(f"<body>{html}").find("body")
    return " ".join("".join(_texts(body)).split())


def _texts(element: Any) -> Iterator[str]:
    if not isinstance(element.tag, str) or element.tag in INVISIBLE:
        return
    yield element.text or ""
    for child in element:
        yield from _texts(child)
        yield child.tail or ""


@pytest.mark.long
@pytest.mark.skipif(len(FILES) < 76, reason="the pairs of real revisions are not at ../shared")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:7])
def test_every_word_of_a_real_document_survives_and_what_is_stored_is_a_fixed_point(path):
    pair = json.loads(gzip.decompress(path.read_bytes()))
    for side in ("old_html", "new_html"):
        found = pushed(pair[side])
        assert words(pair[side]) == words("\n".join(html for _, html in found))
        for anchor, stored in found:
            again = svg.settle(sanitizer.clean(stored))
            assert build(anchor, again).html.decode() == stored


def test_the_measure_sees_what_is_lost():
    assert words("<head><title>a</title></head><p>b <i>c</i><script>d</script> <!-- e -->f") == (
        "b c f"
    )


# Real vocabulary, odd places: what templates and editors leave behind.
ODD = [
    ("<p>a <custom-tag>b</custom-tag> c</p>", "a b c"),
    ("<center><font color=red>a</font> <blink>b</blink></center>", "a b"),
    ("<form><fieldset><legend>a</legend><select><option>b</select>c</fieldset></form>", "abc"),
    ("<main><dialog open>a</dialog><search>b</search></main>", "ab"),
    ("<p>1 < 2 && 3 > 2 &nbsp; &amp;lt; &copy</p>", "1 < 2 && 3 > 2 &lt; ©"),
    ("<pre>\n  a\n\n  b\n</pre>", "a b"),
    ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby> 🦊 e\u0301", "漢(kan) 🦊 e\u0301"),
    ("<table><tr><td>a<td>b<tr><td>c</table>", "abc"),
    ("<details><summary>a</summary>b</details>", "ab"),
]


@pytest.mark.parametrize(("html", "text"), ODD)
def test_what_is_unwrapped_keeps_its_words(html, text):
    assert words(sanitizer.clean(html)) == text
