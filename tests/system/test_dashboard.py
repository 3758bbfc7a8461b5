"""The dashboard in a browser: all of its state is in the address, and it works without script."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.system.conftest import document
from tests.system.serving import Server

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
WORDS = ("Aardvark", "Badger", "Cormorant")


@pytest.fixture(scope="session")
def zoo(server: Server) -> str:
    """A word that three plans of alice's have, two of them published."""
    for word, visibility in zip(WORDS, ("private", "published", "published"), strict=True):
        query = f"title=Zoology+{word}&visibility={visibility}"
        assert server.push(document(f"{word} habitats"), query).status_code == 201
    return "zoology"


def rows(page: Any) -> list[str]:
    return [name.strip() for name in page.locator("a.plan-name").all_inner_texts()]


def shows(page: Any, *words: str) -> None:
    expect(page.locator("a.plan-name")).to_have_text([f"Zoology {word}" for word in words])


def test_reload_back_forward_a_new_tab_and_somebody_else_show_the_same(
    visit: Visit, zoo: str
) -> None:
    page = visit("alice", at=f"/dashboard?q={zoo}")
    page.locator("#pp-sort-title").click()
    shows(page, *WORDS)
    page.locator("#pp-q").press("End")
    page.locator("#pp-q").press_sequentially("is:published")
    shows(page, *WORDS[1:])
    expect(page).to_have_url(re.compile(r"q=zoology\+is%3Apublished&sort=title$"))
    address = page.url
    page.reload()
    shows(page, *WORDS[1:])
    page.go_back()
    expect(page).to_have_url(re.compile(r"q=zoology&sort=title$"))
    shows(page, *WORDS)
    expect(page.locator("#pp-q")).to_have_value("zoology ")
    page.go_forward()
    shows(page, *WORDS[1:])
    other = page.context.new_page()
    other.goto(address)
    shows(other, *WORDS[1:])
    shows(visit("bob", at=address), *WORDS[1:])


def test_tabs_are_queries_in_the_field(visit: Visit, zoo: str) -> None:
    page = visit("alice")
    for number, query in enumerate(("turn:me", "involves:me", "is:published", "mentions:me"), 1):
        tab = page.locator(f"#pp-view-{number}")
        tab.click()
        expect(tab).to_have_attribute("aria-current", "page")
        expect(page.locator("#pp-q")).to_have_value(f"{query} ")
        expect(page).to_have_url(re.compile(f"q={query.replace(':', '%3A')}$"))
    expect(page.get_by_role("link", name="All", exact=True)).to_have_count(0)
    manager = visit("pam")
    expect(manager.locator("#pp-view-5")).to_have_attribute("aria-current", "page")


def test_a_hit_leads_to_its_place(visit: Visit, zoo: str) -> None:
    page = visit("alice", at="/dashboard?q=cormorant+habitats")
    hit = page.locator("a.hit")
    expect(hit.locator("mark").first).to_have_text(re.compile("cormorant", re.IGNORECASE))
    hit.click()
    expect(page).to_have_url(re.compile("#s-intro$"))
    expect(page.locator("#s-intro")).to_be_in_viewport()


def test_enter_searches_in_place_and_makes_one_step(visit: Visit, zoo: str) -> None:
    page = visit("alice")
    page.evaluate("document.getElementById('main').dataset.seen = 'not reloaded'")
    steps = page.evaluate("history.length")
    page.locator("#pp-q").fill(f"{zoo} sort:title")
    for _again in range(2):
        with page.expect_response(re.compile("/dashboard/plans")):
            page.locator("#pp-q").press("Enter")
        shows(page, *WORDS)
    expect(page).to_have_url(re.compile("q=zoology"))
    expect(page.locator("#pp-q")).to_be_focused()
    assert page.evaluate("document.getElementById('main').dataset.seen") == "not reloaded"
    assert page.evaluate("history.length") == steps + 1


def test_an_unknown_key_leaves_the_list(visit: Visit, zoo: str) -> None:
    page = visit("alice", at=f"/dashboard?q={zoo}&sort=title", expect=("422",))
    page.locator("#pp-q").press("End")
    page.locator("#pp-q").press_sequentially("autor:me")
    expect(page.locator("#pp-q-err")).to_contain_text("did you mean author:?")
    shows(page, *WORDS)
    page.locator("#pp-q").fill("zoology author:me")
    expect(page.locator("#pp-q-err")).to_be_empty()
    expect(page).to_have_url(re.compile("author"))


def test_without_script_it_searches_sorts_and_pages(visit: Visit, server: Server, zoo: str) -> None:
    page = visit("alice", expect=("422",), java_script_enabled=False)
    page.locator("#pp-q").fill(zoo)
    page.locator("#pp-q").press("Enter")
    assert sorted(rows(page)) == [f"Zoology {word}" for word in WORDS]
    page.locator("#pp-sort-title").click()
    shows(page, *WORDS)
    page.locator("#pp-sort-title").click()
    shows(page, *WORDS[::-1])
    assert "q=zoology&sort=title-desc" in page.url
    page.locator("#pp-q").fill("autor:me")
    page.locator("#pp-q").press("Enter")
    expect(page.locator("#pp-q-err")).to_contain_text("did you mean author:?")
    expect(page.locator("#pp-q")).to_have_value("autor:me")
    page.locator("#pp-view-3").click()
    expect(page.locator("a.plan-name", has_text="Zoology Badger")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_sorts_by_a_field(visit: Visit, zoo: str, width: int) -> None:
    size = {"width": width, "height": 800}
    page = visit("alice", at=f"/dashboard?q={zoo}", viewport=size)
    field = page.locator("#pp-sort")
    field.focus()
    field.select_option("title-desc")
    shows(page, *WORDS[::-1])
    expect(page).to_have_url(re.compile("q=zoology&sort=title-desc$"))
    expect(field).to_be_focused()
    page.locator("#pp-q").press("End")
    page.locator("#pp-q").press_sequentially("is:published")
    expect(page).to_have_url(re.compile("q=zoology\\+is%3Apublished&sort=title-desc$"))
    page.go_back()
    expect(field).to_have_value("title-desc")
    shows(page, *WORDS[::-1])
    page.locator("#pp-view-3").click()
    expect(page).to_have_url(re.compile("q=is%3Apublished$"))
    expect(field).to_have_value("")
    page.locator("#pp-sort-title").focus()
    expect(page.locator("#pp-sort-title")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1360, "height": 800})
    expect(field).to_be_hidden()


def test_without_script_a_phone_sorts_too(visit: Visit, zoo: str) -> None:
    size = {"width": 390, "height": 800}
    page = visit("alice", java_script_enabled=False, viewport=size)
    page.locator("#pp-q").fill(zoo)
    page.locator("#pp-sort").select_option("title")
    page.locator("#pp-filter").get_by_role("button", name="Search").click()
    shows(page, *WORDS)
    assert "q=zoology&sort=title" in page.url
    expect(page.locator("#pp-sort")).to_have_value("title")


@pytest.mark.parametrize("order", ["title-asc", "relevance", "created-asc"])
def test_searching_keeps_every_order_that_an_address_can_name(
    visit: Visit, zoo: str, order: str
) -> None:
    page = visit("alice", at=f"/dashboard?q=&sort={order}")
    page.locator("#pp-q").fill(zoo)
    expect(page).to_have_url(re.compile(f"q=zoology&sort={order}$"))
