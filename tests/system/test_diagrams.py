"""Drawings and flows in a browser: comments at their parts, and arrows from box to box."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from planpush.document import vocabulary
from planpush.document.diagrams import renderer
from planpush.document.sanitizer.sanitizer import clean
from planpush.paths import STATIC
from planpush.web.assets import STYLES
from tests.golden.good import good
from tests.golden.test_samples import SHOWN, versions
from tests.system.serving import Server, Visitor
from tests.system.test_pages_are_clean import NEEDS_AXE, dress, violations

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
DRAWS = pytest.mark.skipif(not renderer.is_installed(), reason="the extra diagrams is missing")
Visit = Callable[..., Any]
Box = dict[str, Any]
SOURCES = (
    "flowchart LR\n  web[Web application of the shop] -->|signed token| gate{Gateway}\n"
    "  gate --> store[(Session store)] --> worker((Worker))",
    "sequenceDiagram\n  autonumber\n  participant U as User\n  participant A as Auth service\n"
    "  U->>+A: POST /login with a password\n  A-->>-U: 200 token\n  Note over U,A: encrypted",
    "erDiagram\n  CUSTOMER ||--o{ ORDER : places\n  ORDER {\n    uuid customer_identifier FK\n  }",
    "stateDiagram-v2\n  [*] --> Waiting\n  Waiting --> Working: start\n  Working --> [*]",
    "classDiagram\n  Animal <|-- Duck\n  class Duck {\n    +swim_across(pond) bool\n  }",
)
OVERFLOWING = """() => [...document.querySelectorAll(".pp-drawing g[data-anchor][tabindex]")]
  .flatMap((part) => {
    const shape = part.querySelector("rect, path, polygon, circle").getBoundingClientRect();
    return [...part.querySelectorAll(":scope > text")]
      .map((text) => [text.textContent, text.getBoundingClientRect()])
      .filter(([, r]) => r.left < shape.left || r.right > shape.right)
      .map(([words]) => words);
  })"""
SMALL = """() => [...document.querySelectorAll(".pp-drawing text")]
  .filter((text) => !text.closest(".pin"))
  .map((text) => parseFloat(text.getAttribute("font-size")) * text.getScreenCTM().a)
  .filter((size) => size < 9)"""


@pytest.fixture(scope="session")
def drawn(server: Server) -> str:
    """A plan with a diagram of each kind and a thread on a node."""
    pres = "".join(
        f'<pre class="pp-diagram" data-kind="mermaid" data-anchor="d{number}">{text}</pre>'
        for number, text in enumerate(SOURCES)
    )
    html = f'<section data-anchor="way"><h2>Way in</h2><p>As drawn.</p>{pres}</section>'
    done = server.push(html, "slug=drawn&title=Drawn&visibility=published")
    assert done.status_code == 201, done.text
    bob = Visitor(server, "bob")
    bob.post("/p/drawn/threads", body="Why one?", anchor="d0-gate")
    bob.http.close()
    return "/p/drawn"


def node(page: Any, label: str) -> Any:
    return page.locator(f'.pp-drawing g[aria-label="{label}"]')


@DRAWS
def test_parts_of_a_drawing_take_comments(visit: Visit, drawn: str) -> None:
    page = visit("alice", at=drawn)
    pin = node(page, "Gateway").locator("a.pin.drawn")
    expect(pin).to_have_accessible_name(re.compile("1 open comment"))
    pin.click()
    expect(page.locator(".thread.active")).to_contain_text("Why one?")
    button, store = page.locator("#pp-add"), node(page, "Session store")
    page.locator(".pp-drawing text", has_text="signed token").hover()
    edge = "Comment on: Web application of the shop → Gateway: signed token"
    expect(button).to_have_accessible_name(edge)
    store.hover()
    expect(button).to_have_accessible_name("Comment on: Session store")
    button.click()
    page.locator("#pp-new-body").fill("How large?")
    page.locator("#pp-new-send").click()
    pin = store.locator("a.pin.drawn")
    expect(pin).to_have_text("1")
    there, here = store.bounding_box(), pin.bounding_box()
    assert abs(here["x"] - (there["x"] + there["width"])) < 30
    page.reload()
    expect(node(page, "Session store").locator("a.pin.drawn")).to_be_visible()
    expect(page.locator(".thread", has_text="How large?")).to_contain_text("Session store")


@DRAWS
@NEEDS_AXE
def test_drawings_fit_and_pass_axe(visit: Visit, drawn: str) -> None:
    page = visit("alice", at=drawn)
    for theme, width in (("light", 1280), ("dark", 1280), ("light", 390)):
        dress(page, theme, width)
        page.reload()
        assert page.evaluate(OVERFLOWING) == page.evaluate(SMALL) == []
        boxes = [box.bounding_box() for box in page.locator(".pp-diagram").all()]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
        assert violations(page) == []


ROW = '<ol class="pp-flow" aria-label="Row">' + "".join(
    f'<li class="pp-node c{n} r1"><b>Box {n}</b> does it</li>'
    f'<li class="pp-edge e{n} r1"><span>step {n}</span></li>'
    for n in range(1, 6)
)
FLOWS = {
    "example": next(part.example for part in vocabulary.COMPONENTS if part.name == "flow"),
    "landing page": good()["landing-page"],
    "sample": versions(SHOWN)[-1]["authentication-flow"],
    "six in a row": f'{ROW}<li class="pp-node c6 r1"><b>Box 6</b></li></ol>',
}
READ = """() => [...document.querySelectorAll('.pp-flow > *')].map(box => {
  const {left, right, top, bottom} = box.getBoundingClientRect();
  return {words: [...box.classList], left, right, top, bottom};
})"""


def place(box: Box) -> tuple[str, int, int]:
    """Where a thing says that it stands: c or e, column, row."""
    words = " ".join(box["words"])
    column, row = re.search(r"\b([ce])(\d)\b", words), re.search(r"\br(\d)\b", words)
    assert column and row
    return column[1], int(column[2]), int(row[1])


def ends(arrow: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    """The places of the two boxes that an arrow joins: above or before, below or behind."""
    kind, column, row = place(arrow)
    if "pp-elbow" in arrow["words"]:
        assert "dr" in arrow["words"]
        return (column, row - 1), (column + 1, row + 1)
    if kind == "e":
        return (column, row), (column + 1, row)
    return (column, row - 1), (column, row + 1)


def gaps(arrow: Box, one: Box, other: Box, stacked: bool) -> list[float]:
    """How far an arrow's ends are from its boxes."""
    if "pp-elbow" in arrow["words"]:
        return [arrow["top"] - one["bottom"], arrow["left"] - one["left"],
                arrow["right"] - other["left"], arrow["bottom"] - other["bottom"]]  # fmt: skip
    start, end = ("left", "right") if place(arrow)[0] == "e" and not stacked else ("top", "bottom")
    return [arrow[start] - one[end], arrow[end] - other[start]]


@pytest.mark.parametrize("name", FLOWS)
def test_an_arrow_runs_from_its_box_to_its_box_at_every_width(visit: Visit, name: str) -> None:
    page = visit()
    styles = "".join(f"<style>{(STATIC / f'css/{one}.css').read_text()}</style>" for one in STYLES)
    document = f'<article class="pp-doc">{clean(FLOWS[name])}</article>'
    page.set_content(f"<!DOCTYPE html>{styles}{document}")
    for width in (390, 700, 1000, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        drawn = page.evaluate(READ)
        assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
        boxes = {place(box)[1:]: box for box in drawn if "pp-node" in box["words"]}
        arrows = [box for box in drawn if "pp-node" not in box["words"]]
        stacked = width == 390 and {row for _, row in boxes} == {1}
        assert len(arrows) > 3
        for arrow in arrows:
            one, other = (boxes[end] for end in ends(arrow))
            assert max(map(abs, gaps(arrow, one, other, stacked))) <= 1, (width, arrow["words"])
