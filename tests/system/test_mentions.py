"""Comments in a browser: naming people by keyboard and by touch, delete with undo, history."""

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
FIELD = "#pp-new-body"


def composing(page: Any, slug: str) -> Any:
    page.goto(f"/p/{slug}?compose=pp-whole")
    field = page.locator(FIELD)
    field.click()
    return field


def test_a_name_is_chosen_by_keyboard(visit: Visit, server: Server, plan: str) -> None:
    page = visit("bob", at="")
    field, people = composing(page, plan), page.locator("#pp-mentions")
    field.press_sequentially("Mail x@al, ask @")
    expect(people.get_by_role("option")).to_have_count(5)
    first = people.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "pp-mention-1")
    field.press_sequentially("a")
    expect(people.get_by_role("option")).to_have_text([re.compile("Alice"), re.compile("Ada")])
    expect(first).to_have_attribute("aria-selected", "true")  # before, the arrows have no list yet
    for key in ("ArrowDown", "ArrowUp", "ArrowUp"):
        field.press(key)
    expect(field).to_have_attribute("aria-activedescendant", "pp-mention-2")
    field.press("Enter")
    expect(field).to_have_value("Mail x@al, ask @Ada ")
    expect(people).to_be_hidden()
    field.press_sequentially("or @zzz or @pa")
    expect(people.get_by_role("option")).to_have_text([re.compile("Pam")])
    field.press("Escape")
    expect(people).to_be_hidden()
    expect(field).to_be_focused()
    field.press("Control+Enter")
    expect(page.locator("#threads .mention")).to_have_text(["@Ada"])
    assert server.threads(plan)[0]["comments"][0]["body"] == "Mail x@al, ask @Ada or @zzz or @pa"


def test_a_name_is_chosen_by_touch_on_a_phone(visit: Visit, plan: str) -> None:
    page = visit(
        "bob", at="", viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True
    )
    field = composing(page, plan)
    field.press_sequentially("@bo")
    people = page.locator("#pp-mentions")
    expect(people.get_by_role("option")).to_have_count(1)
    box = people.bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert box["y"] >= 0 and box["y"] + box["height"] <= 780
    people.get_by_role("option", name="Bob").tap()
    expect(field).to_have_value("@Bob ")
    expect(field).to_be_focused()
    page.locator("#pp-new-send").tap()
    expect(page.locator("#threads .mention.me")).to_have_text("@Bob")


def test_delete_undo_and_history_keep_the_focus(visit: Visit, server: Server, plan: str) -> None:
    page = visit("bob", at="")
    field = composing(page, plan)
    field.fill("How **often**?")
    field.press("Control+Enter")
    comment = page.locator("#threads .cm")
    expect(comment.locator("strong")).to_have_text("often")
    comment.get_by_label("Edit comment").click()
    comment.locator("textarea").fill("How **seldom**?")
    comment.get_by_role("button", name="Save").click()
    comment.get_by_role("link", name="edited").focus()
    page.keyboard.press("Enter")
    expect(comment.locator(".wordings del")).to_have_text("often")
    comment.get_by_label("Delete comment").focus()
    page.keyboard.press("Enter")
    undo = comment.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    assert server.threads(plan)[0]["comments"][0]["body"] == ""
    page.keyboard.press("Enter")
    expect(comment.locator("strong")).to_have_text("seldom")
    expect(comment.get_by_label("Delete comment")).to_be_focused()
