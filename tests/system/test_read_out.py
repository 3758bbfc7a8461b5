"""What a screen reader is told: Chromium's accessibility tree of pages, and what is announced."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.system.conftest import document
from tests.system.serving import Server, Visitor

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
PAGES = {
    "dashboard": "/dashboard?q=readout",
    "no plan matches": "/dashboard?q=nosuchplan",
    "plan": "/p/readout?show=all",
    "composer": "/p/readout?compose=intro",
    "older version": "/p/readout?v=1",
    "review": "/p/readout/sign-off",
    "some sections": "/p/readout/sign-off?decision=approve",
    "compare": "/p/readout/compare?from=1&to=2",
    "history": "/p/readout/history",
    "tokens": "/settings/tokens",
    "notices": "/notices",
    "activity": "/activity",
}
OPERATED = re.compile(
    "button|link|textbox|searchbox|combobox|checkbox|radio|menuitem|option|tab|switch|slider"
    "|spinbutton|listbox|DisclosureTriangle.*|ComboBox.*|PopUp.*"
)
LANDMARKS = {"banner", "navigation", "main", "complementary", "contentinfo", "region", "search"}
ALONE = {"banner", "main", "contentinfo"}  # of which a page has one, which needs no name
UNFOLD = """() => document.querySelectorAll("details").forEach((one) => {
    one.removeAttribute("name");
    one.open = true;
})"""


@pytest.fixture(scope="session")
def told(server: Server) -> Iterator[None]:
    """A plan of alice's in two versions with an open thread, one resolved and one on a word."""
    server.push(document("Tokens"), "slug=readout&title=Readout&visibility=published")
    bob, alice = Visitor(server, "bob"), Visitor(server, "alice")
    bob.post("/p/readout/threads", body="Why rotate?", anchor="intro", blocking="1")
    alice.post("/p/readout/threads", body="Which type, @bob?", quote="uuid")
    bob.post("/p/readout/threads", body="Settled", quote="Second rule")
    done = max(thread["id"] for thread in server.threads("readout"))
    bob.post(f"/p/readout/threads/{done}/resolution")
    server.push(document("Sessions"), "plan=readout&base_version=1")
    yield
    bob.http.close()
    alice.http.close()


def read(page: Any) -> list[tuple[str, str, int]]:
    """Return role, name and level of everything that is read out, in the order of reading."""
    wire = page.context.new_cdp_session(page)
    nodes = wire.send("Accessibility.getFullAXTree")["nodes"]
    wire.detach()
    found, by_id = [], {node["nodeId"]: node for node in nodes}
    ahead = [nodes[0]]
    while ahead:
        node = ahead.pop()
        ahead += [by_id[one] for one in reversed(node.get("childIds", ())) if one in by_id]
        if not node["ignored"]:
            name = str(node.get("name", {}).get("value", "")).strip()
            levels = [one["value"] for one in node["properties"] if one["name"] == "level"]
            found.append((node["role"]["value"], name, levels[0]["value"] if levels else 0))
    return found


def wrong(tree: list[tuple[str, str, int]]) -> Iterator[str]:
    """Yield what somebody who listens would miss or stumble over."""
    yield from (f"a {role} without a name" for role, name, _ in tree if not name and operated(role))
    landmarks = [(role, name) for role, name, _ in tree if role in LANDMARKS]
    for role, name in set(landmarks):
        if not name and role not in ALONE:
            yield f"a {role} without a name"
        if landmarks.count((role, name)) > 1:
            yield f"two of {role} “{name}”"
    yield from (f"no {role}" for role in ("banner", "main") if (role, "") not in landmarks)
    headings = [(level, name) for role, name, level in tree if role == "heading"]
    if [level for level, _ in headings].count(1) != 1:
        yield f"not one first heading: {headings}"
    for (above, _), (level, name) in zip([(0, ""), *headings], headings, strict=False):
        if level > above + 1:
            yield f"heading {level} “{name}” below one of {above}"


def operated(role: str) -> bool:
    return OPERATED.fullmatch(role) is not None


@pytest.mark.parametrize("width", [1360, 390])
def test_everything_has_a_name_a_place_and_an_order(visit: Visit, told: None, width: int) -> None:
    page = visit("bob", at="", viewport={"width": width, "height": 800})
    found = {}
    for name, path in PAGES.items():
        page.goto(path)
        page.evaluate(UNFOLD)
        tree = read(page)
        assert sum(operated(role) for role, _, _ in tree) > 5, name
        found[name] = sorted(wrong(tree))
    page.goto("/p/readout?show=all")
    page.evaluate("document.getElementById('comments').showPopover()")
    page.evaluate(UNFOLD)
    found["the panel as a sheet"] = sorted(wrong(read(page)))
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("width", [1360, 390])
def test_the_list_is_a_table_with_heads(visit: Visit, told: None, width: int) -> None:
    page = visit("bob", at="/dashboard?q=readout", viewport={"width": width, "height": 800})
    table = page.get_by_role("table", name="Plans", exact=True)
    heads = table.get_by_role("columnheader")
    expect(heads.filter(has_text=re.compile("^Plan$"))).to_have_count(1)
    for name in ("Select", "Status", "Comments", "Owner", "Updated"):
        expect(table.get_by_role("columnheader", name=name, exact=True)).to_have_count(1)
    row = table.get_by_role("row", name="Readout")
    expect(row.get_by_role("checkbox", name="Select Readout")).to_be_visible()
    expect(row.get_by_role("link", name="Readout", exact=True)).to_be_visible()
    roles = [role for role, _, _ in read(page)]
    assert roles.count("cell") + roles.count("gridcell") == roles.count("columnheader")


def test_a_mark_in_the_text_says_what_it_is(visit: Visit, told: None) -> None:
    page = visit("bob", at="/p/readout")
    text = page.get_by_role("article").first
    for words in ("1 open comment, show", "1 resolved comment, show"):
        assert text.get_by_role("link", name=words, exact=True).count() >= 1
    expect(text.get_by_role("link", name="Comment on Intro", exact=True)).to_have_count(1)
    expect(text.get_by_role("link", name="Link to Intro in version 2", exact=True)).to_have_count(1)
    cell = text.get_by_role("cell", name="uuid")
    cell.get_by_role("link", name="1 open comment, show", exact=True).click()
    card = page.get_by_role("article", name="Open thread by Alice on “uuid”, 1 comment")
    expect(card).to_be_in_viewport()


def test_what_happens_is_announced(visit: Visit, plan: str) -> None:
    page = visit("bob", at=f"/p/{plan}")
    said = page.locator("#announce[role=status]")
    page.locator("#pp-plus-intro").click()
    page.locator("#pp-new-body").fill("Read out?")
    page.locator("#pp-new-send").click()
    expect(said).to_have_text("Comment added.")
    card = page.get_by_role("article", name=re.compile("Open thread by Bob"))
    card.get_by_text("Reply").first.click()
    card.get_by_role("textbox", name="Reply").fill("Yes.")
    card.get_by_role("button", name="Reply", exact=True).click()
    expect(said).to_have_text("Reply added.")
    card.get_by_role("button", name="Resolve").click()
    expect(said).to_have_text(re.compile("resolved", re.IGNORECASE))
    page.locator("#pp-tab-resolved").click()
    expect(said).to_have_text("1 resolved thread")
    page.locator("#pp-approve").click()
    expect(said).to_have_text(re.compile("approve", re.IGNORECASE))
    page.goto(f"/dashboard?q={plan}")
    page.locator("#pp-sort-title").click()
    expect(said).to_have_text("1 of 1 plans")
