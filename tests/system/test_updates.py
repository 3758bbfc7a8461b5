"""An open page is told of a push, and takes over what changed without losing the reader's place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.system.serving import Server

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
ANCHORS = [f"part-{n}" for n in range(12)]
LOOK = 'document.dispatchEvent(new Event("visibilitychange"))'
MARK = 'for (const part of document.querySelectorAll("#pp-doc > section")) part.mine = true'
UNTOUCHED = '[...document.querySelectorAll("#pp-doc > section")].filter((part) => part.mine).length'


def twelve(**changed: str) -> str:
    words = {
        anchor: changed.get(anchor.replace("-", "_"), f"Text of {anchor}. " * 60)
        for anchor in ANCHORS
    }
    return "".join(
        f'<section class="pp-section" data-anchor="{anchor}"><h2>{anchor.title()}</h2>'
        f"<p>{text}</p></section>"
        for anchor, text in words.items()
    )


@pytest.fixture
def slug(server: Server) -> str:
    made: str = server.push(twelve(), "title=Twelve&visibility=published").json()["plan"]
    return made


def told(page: Any, server: Server, slug: str, **changed: str) -> Any:
    server.push(twelve(**changed), f"plan={slug}&base_version=1")
    page.evaluate(LOOK)
    notice = page.locator("#pp-update")
    expect(notice).to_contain_text("v2 was pushed by Alice")
    return notice


def test_the_page_swaps_one_section_and_keeps_place_words_and_selection(
    visit: Visit, server: Server, slug: str
) -> None:
    page = visit("bob", at=f"/p/{slug}")
    page.locator("#pp-plus-part-6").click()
    page.locator("#pp-new-body").fill("Half a thought")
    page.evaluate(MARK)
    page.locator("#s-part-6 p").evaluate("(p) => getSelection().selectAllChildren(p)")
    page.locator("#s-part-6").evaluate("(part) => part.scrollIntoView({behavior: 'instant'})")
    notice = told(page, server, slug, part_2="Short.")
    expect(notice).to_be_in_viewport()
    before = page.locator("#s-part-6 p").bounding_box()["y"]
    notice.get_by_role("link", name="Show v2").click()
    expect(page.locator("#s-part-2 p")).to_have_text("Short.")
    assert page.evaluate(UNTOUCHED) == 11
    page.wait_for_timeout(500)  # a smooth scroll would be under way
    assert abs(page.locator("#s-part-6 p").bounding_box()["y"] - before) < 4
    assert page.evaluate("getSelection().toString()").startswith("Text of part-6.")
    expect(page.locator("#pp-new-body")).to_have_value("Half a thought")
    expect(notice).to_have_count(0)


def test_the_page_is_then_the_newest(visit: Visit, server: Server, slug: str) -> None:
    page = visit("bob", at=f"/p/{slug}")
    page.locator("#pp-plus-part-6").click()
    page.locator("#pp-new-body").fill("Why this?")
    told(page, server, slug, part_2="Short.").locator("#pp-bring").click()
    expect(page.locator("#pp-versions")).to_contain_text("v2")
    expect(page.locator("#pp-doc")).to_have_attribute("data-version", "2")
    expect(page.locator("#s-part-2 .pp-changed-mark")).to_have_text("Changed since v1")
    expect(page.locator("#pp-doc > section .pin.add")).to_have_count(12)
    assert "v=2" in page.locator("#s-part-7 .permalink").get_attribute("href")
    page.locator("#pp-new-send").click()
    expect(page.locator("#s-part-6 .pin:not(.add)")).to_have_text("1")
    expect(page.locator("#pp-tab-open .count")).to_contain_text("1")
    expect(page.locator("#pp-versions")).to_contain_text("v2")
    expect(page).to_have_url(re.compile(f"/p/{slug}$"))


def test_nothing_changes_until_the_reader_says_so(visit: Visit, server: Server, slug: str) -> None:
    page = visit("bob", at=f"/p/{slug}")
    notice = told(page, server, slug, part_2="Short.")
    expect(page.locator("#s-part-2 p")).to_contain_text("Text of part-2.")
    server.push(twelve(part_2="Short.", part_3="New."), f"plan={slug}&base_version=2")
    page.evaluate(LOOK)
    expect(notice).to_contain_text("v3 was pushed")
    notice.get_by_role("link", name="Show v3").click()
    expect(page.locator("#s-part-2 p")).to_have_text("Short.")
    expect(page.locator("#s-part-3 p")).to_have_text("New.")


def test_without_script_the_address_shows_the_newest(
    visit: Visit, server: Server, slug: str
) -> None:
    server.push(twelve(part_2="Short."), f"plan={slug}&base_version=1")
    page = visit("bob", at=f"/p/{slug}", java_script_enabled=False)
    expect(page.locator("#s-part-2 p")).to_have_text("Short.")
