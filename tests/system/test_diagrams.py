"""Drawings in a browser: a comment on a node, its pin at the node, in every dress."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from planpush.document.diagrams import renderer
from tests.system.conftest import ROOT
from tests.system.serving import Server, Visitor

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not renderer.is_installed(), reason="the extra diagrams is missing"),
]
Visit = Callable[..., Any]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SOURCES = (
    "flowchart LR\n  web[Web application of the shop] -->|signed token| gate{Gateway}\n"
    "  gate --> store[(Session store)] --> worker((Worker))",
    "sequenceDiagram\n  autonumber\n  participant U as User\n  participant A as Auth service\n"
    "  U->>+A: POST /login with a password\n  A-->>-U: 200 token\n  Note over U,A: encrypted",
    "erDiagram\n  CUSTOMER ||--o{ ORDER : places\n  ORDER {\n    uuid customer_identifier FK\n  }",
    "stateDiagram-v2\n  [*] --> Waiting\n  Waiting --> Working: start\n  Working --> [*]",
    "classDiagram\n  Animal <|-- Duck\n  class Duck {\n    +swim_across(pond) bool\n  }",
)
DRESSES = [("light", 1280), ("dark", 1280), ("light", 390)]
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
    Visitor(server, "bob").post("/p/drawn/threads", body="Why one?", anchor="d0-gate")
    return "/p/drawn"


def node(page: Any, label: str) -> Any:
    return page.locator(f'.pp-drawing g[aria-label="{label}"]')


def test_a_comment_on_a_node_puts_a_pin_at_the_node(visit: Visit, drawn: str) -> None:
    page = visit("alice", at=drawn)
    store = node(page, "Session store")
    store.hover()
    button = page.locator("#pp-add")
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


def test_a_pin_leads_to_its_thread(visit: Visit, drawn: str) -> None:
    page = visit("alice", at=drawn)
    pin = node(page, "Gateway").locator("a.pin.drawn")
    expect(pin).to_have_accessible_name(re.compile("1 open comment"))
    pin.click()
    expect(page.locator(".thread.active")).to_contain_text("Why one?")


def test_an_edge_takes_a_comment(visit: Visit, drawn: str) -> None:
    page = visit("alice", at=drawn)
    page.locator(".pp-drawing text", has_text="signed token").hover()
    name = "Comment on: Web application of the shop → Gateway: signed token"
    expect(page.locator("#pp-add")).to_have_accessible_name(name)


@pytest.mark.parametrize(("theme", "width"), DRESSES)
def test_drawings_fit_and_pass_axe(visit: Visit, drawn: str, theme: str, width: int) -> None:
    page = visit("alice", at=drawn, viewport={"width": width, "height": 900}, color_scheme=theme)
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(SMALL) == []
    boxes = [box.bounding_box() for box in page.locator(".pp-diagram").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run({resultTypes: ['violations']})).violations")
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
