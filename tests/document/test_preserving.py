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
SIDES = ("old_html", "new_html")
INVISIBLE = {"script", "style", "template", "noscript", "title", "head"}
# Documents whose words change, with the reason. At most two of 76 may; none does.
CHANGED: dict[str, str] = {}

here = pytest.mark.skipif(
    len(FILES) < 76, reason="the pairs of real revisions are not at ../shared/tools/anchors/pairs"
)


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


@pytest.fixture(params=FILES, ids=lambda path: path.name[:7])
def pair(request: pytest.FixtureRequest) -> Any:
    return {"name": request.param.name[:7]} | json.loads(
        gzip.decompress(request.param.read_bytes())
    )


@pytest.mark.long
@here
def test_every_word_of_a_real_document_survives(pair):
    same = all(
        words(pair[side]) == words("\n".join(html for _, html in pushed(pair[side])))
        for side in SIDES
    )
    assert same == (pair["name"] not in CHANGED)


@pytest.mark.long
@here
def test_what_is_stored_is_a_fixed_point(pair):
    for side in SIDES:
        for anchor, stored in pushed(pair[side]):
            again = svg.settle(sanitizer.clean(stored))
            assert sanitizer.clean(again) == again
            assert build(anchor, again).html.decode() == stored


@here
def test_at_most_two_of_the_76_pairs_change():
    assert len(FILES) == 76 and len(CHANGED) <= 2
    assert {path.name[:7] for path in FILES} >= CHANGED.keys() and all(CHANGED.values())


def test_the_measure_sees_what_is_lost():
    assert words("<head><title>a</title></head><p>b <i>c</i><script>d</script> <!-- e -->f") == (
        "b c f"
    )
    assert words("<p>b</p>") != words("<p>a</p><p>b</p>")


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
