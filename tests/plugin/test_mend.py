"""A loop that works as an agent does, without a model: put, read findings, apply fixes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.plugin.conftest import Planpush, Result
from tests.plugin.fake_server import FakeServer

FINDING = re.compile(r"^(?:warning )?\S+ (\d+):(\d+) (\w+) (.*?) → (.*)$", re.MULTILINE)
BAD = """<section class="pp-sction" data-anchor="sumary"><h2>Summary</h2>
<p class="pp-leadd" onclick="x()">A worker sends the invoices.</p>
<h4>Details</h4>
<ol class="pp-flow" aria-label="How an invoice is sent">
<li class="pp-node c1 r1"><svg class="i"><use href="#i-databse"/></svg><b>Shop</b>writes a job</li>
<li class="pp-edge e1 r1"></li>
<li class="pp-node c2 r1"><b>Worker</b>sends it</li></ol>
<table><tr><td>Key</td></tr><tr><td>Type</td></tr></table>
<p>See <a href="other.html">this</a>. <img src="https://example.com/a.png"></p>
<p style="color: red">The <b>end</p>
<script>alert(1)</script>
</section>
"""


def lines_of(html: str, line: int, column: int) -> tuple[str, str, str]:
    """Return what stands before a place, the tag there, and what follows."""
    at = sum(len(one) + 1 for one in html.split("\n")[: line - 1]) + column - 1
    end = html.index(">", at) + 1
    return html[:at], html[at:end], html[end:]


def mended(html: str, code: str, message: str, fix: str, place: tuple[int, int]) -> str:
    """Apply one fix as it is told."""
    before, tag, after = lines_of(html, *place)
    said = [word for pair in re.findall("“([^”]*)”|<(/?[\\w]+)>", message) for word in pair if word]
    if close := re.fullmatch("Did you mean “(.*)”\\?", fix):
        return before + tag.replace(said[0], close[1]) + after
    if code == "attribute_dropped":
        name = message.split()[2]
        return before + re.sub(rf' {name}="[^"]*"', "", tag, flags=re.IGNORECASE) + after
    if code == "anchor_mismatch":
        return before + tag.replace(f'"{said[0]}"', f'"{said[1]}"') + after
    if code == "tag_unclosed":
        return (
            before + tag + after.replace(said[1] and f"<{said[1]}>", f"</{said[0]}><{said[1]}>", 1)
        )
    if code == "heading_order":
        inside, _, rest = after.partition(f"</{said[0]}>")
        return f"{before}{fix[4:-1]}{inside}</{fix[5:-1]}{rest}"
    return before + REWRITTEN[code](tag, after)


def without(tag: str, after: str) -> str:
    """Take an element out."""
    name = re.match(r"<(\w+)", tag)
    assert name
    return after.split(f"</{name[1]}>", 1)[1] if f"</{name[1]}>" in after else after


REWRITTEN: dict[str, Any] = {
    "svg_without_name": lambda tag, after: tag.replace("<svg", '<svg aria-hidden="true"') + after,
    "edge_without_label": lambda tag, after: f"{tag}<span>a job</span>{after}",
    "table_without_headers": lambda tag, after: (
        tag + after.replace("<td>", '<th scope="col">', 1).replace("</td>", "</th>", 1)
    ),
    "link_dropped": lambda tag, after: '<a href="#table">' + after,
    "image_without_alt": without,
    "remote_image": without,
    "element_dropped": without,
}


def findings(done: Result) -> Iterator[tuple[str, str, str, tuple[int, int]]]:
    for line, column, code, message, fix in FINDING.findall(done.text):
        yield code, message, fix, (int(line), int(column))


def loop(planpush: Planpush, html: str) -> list[str]:
    """Put until nothing is found; each round mends the first finding."""
    mended_codes = []
    for _ in range(40):
        done = planpush("put", "summary", stdin=html)
        found = next(findings(done), None)
        if found is None:
            assert done.code == 0, done.text
            return mended_codes
        code, message, fix, place = found
        html = mended(html, code, message, fix, place)
        mended_codes.append(code)
    raise AssertionError(f"never clean: {done.text}\n{html}")


def test_an_agent_mends_a_section_by_what_it_is_told(
    planpush: Planpush, server: FakeServer
) -> None:
    codes = loop(planpush, BAD)
    assert len(set(codes)) >= 11, codes
    assert planpush("push", "--title", "Invoices").code == 0
    html = server.held[server.sections[0]["sha256"]]
    assert "A worker sends the invoices." in html and 'class="pp-lead"' in html
    assert not re.search("<script|onclick|style=|databse|pp-leadd", html)
