"""Selected plans in a browser: the bar, the toast, Undo by keyboard, on a phone, without script."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import document
from tests.system.serving import Server
from tests.system.test_pages_are_clean import AXE, CHECKER, DRESSES, VNU, dress, violations

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
TOAST = "#pp-toast .toast"


@pytest.fixture
def shelf(server: Server, request: pytest.FixtureRequest) -> str:
    """Three plans of somebody who is alone with them; the title that they share, in a query."""
    name = re.sub("[^a-z]+", "-", request.node.name.removeprefix("test_"))[:40].strip("-")
    for number in ("one", "two", "three"):
        pushed = server.push(document("Tokens"), f"slug={name}-{number}&title={name} {number}")
        assert pushed.status_code == 201, pushed.text
    return f"/dashboard?q=author:me+%22{name}%22&sort=title"


def rows(page: Any) -> Any:
    return page.locator("#list tbody tr")


def pick(page: Any, *numbers: int) -> None:
    for number in numbers:
        rows(page).nth(number).get_by_role("checkbox").check()


def test_two_are_archived_and_brought_back_by_keyboard(visit: Visit, shelf: str) -> None:
    page = visit("alice", at=shelf)
    bar, toast = page.locator("#pp-bulk"), page.locator(TOAST)
    expect(rows(page)).to_have_count(3)
    expect(bar).to_be_hidden()
    pick(page, 0, 1)
    expect(bar).to_be_visible()
    page.locator("#pp-bulk-archive").click()
    expect(toast).to_contain_text("2 plans archived.")
    expect(rows(page)).to_have_count(1)
    expect(page.locator(".sel input:checked")).to_have_count(0)
    expect(bar).to_be_hidden()
    expect(page.locator("#pp-undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(toast).to_contain_text("Undone: 2 plans taken out of the archive.")
    expect(rows(page)).to_have_count(3)
    expect(page.locator(".sel input:checked")).to_have_count(0)
    expect(page.locator("#pp-undo")).to_have_count(0)
    expect(page.locator("#pp-toast-close")).to_be_focused()
    page.keyboard.press("Enter")
    expect(toast).to_be_hidden()


def test_no_row_moves_when_one_is_selected(visit: Visit, shelf: str) -> None:
    page = visit("alice", at=shelf)
    before = rows(page).nth(0).bounding_box()
    pick(page, 0)
    expect(page.locator("#pp-bulk")).to_be_visible()
    assert rows(page).nth(0).bounding_box() == before
    page.locator("#pp-bulk-clear").click()
    expect(page.locator("#pp-bulk")).to_be_hidden()
    expect(page.locator(".sel input:checked")).to_have_count(0)


def test_in_the_archive_the_bar_takes_them_out(visit: Visit, shelf: str) -> None:
    page = visit("alice", at=shelf)
    pick(page, 0, 1, 2)
    page.locator("#pp-bulk-archive").click()
    expect(rows(page)).to_have_count(0)
    page.goto(shelf.replace("author:me", "author:me+is:archived"))
    pick(page, 1, 2)
    expect(page.locator("#pp-bulk-archive")).to_have_count(0)
    page.locator("#pp-bulk-unarchive").click()
    expect(page.locator(TOAST)).to_contain_text("2 plans taken out of the archive.")
    expect(rows(page)).to_have_count(1)


def test_a_selection_stays_with_its_rows_when_the_list_is_sorted(visit: Visit, shelf: str) -> None:
    page = visit("alice", at=shelf)
    pick(page, 0)
    chosen = rows(page).nth(0).get_attribute("id")
    page.locator("#pp-sort-updated").click()
    expect(page.locator("th[aria-sort=descending] #pp-sort-updated")).to_be_visible()
    expect(page.locator(".sel input:checked")).to_have_count(1)
    expect(page.locator(f"#{chosen} .sel input")).to_be_checked()
    page.locator("#pp-q").fill("nothing-like-this")
    expect(rows(page)).to_have_count(0)
    expect(page.locator("#pp-bulk")).to_be_hidden()


def test_what_is_published_and_undone_on_a_phone(visit: Visit, shelf: str) -> None:
    page = visit("alice", at=shelf, viewport={"width": 390, "height": 800}, has_touch=True)
    rows(page).nth(0).get_by_role("checkbox").tap()
    expect(page.locator("#pp-bulk")).to_be_in_viewport()
    assert not page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    page.locator("#pp-bulk-publish").tap()
    toast = page.locator(TOAST)
    expect(toast).to_contain_text("1 plan published. Everybody who is signed in can see it.")
    expect(toast).to_be_in_viewport()
    assert not page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    page.locator("#pp-undo").tap()
    expect(toast).to_contain_text("Undone: 1 plan made private.")


def test_a_state_that_moved_on_is_the_one_that_undo_shows(visit: Visit, shelf: str) -> None:
    page = visit("alice", at=shelf)
    pick(page, 0)
    page.locator("#pp-bulk-archive").click()
    expect(page.locator(TOAST)).to_contain_text("1 plan archived.")
    page.locator("#pp-sort-updated").click()
    expect(page).to_have_url(re.compile("sort=updated"))
    page.locator("#pp-undo").click()
    expect(page.locator(TOAST)).to_contain_text("Undone")
    expect(rows(page)).to_have_count(3)
    expect(page).to_have_url(re.compile("sort=updated"))
    expect(page.locator("th[aria-sort=descending] #pp-sort-updated")).to_be_visible()


def test_without_script(visit: Visit, shelf: str) -> None:
    page = visit("alice", at=shelf, java_script_enabled=False)
    pick(page, 0, 2)
    page.locator("#pp-bulk-archive").click()
    expect(page.locator(TOAST)).to_contain_text("2 plans archived.")
    expect(rows(page)).to_have_count(1)
    page.locator("#pp-undo").click()
    expect(page.locator(TOAST)).to_contain_text("Undone: 2 plans taken out of the archive.")
    expect(rows(page)).to_have_count(3)
    expect(page.locator("#pp-q")).to_have_value(re.compile("author:me"))
    page.locator("#pp-toast-close").click()
    expect(page.locator(TOAST)).to_be_hidden()


def test_a_plan_is_archived_on_its_page(visit: Visit, plan: str) -> None:
    page = visit("alice", at=f"/p/{plan}")
    page.locator("#pp-more").click()
    page.locator("#pp-archive").click()
    notice = page.get_by_text("This plan is archived")
    expect(notice).to_be_visible()
    expect(page.locator("#pp-unarchive")).to_be_focused()
    page.keyboard.press("Enter")
    expect(notice).to_have_count(0)
    expect(page.locator("#pp-more")).to_be_focused()


def test_who_has_the_page_open_sees_it_put_away_and_taken_out(visit: Visit, plan: str) -> None:
    alice, bob = visit("alice", at=f"/p/{plan}"), visit("bob", at=f"/p/{plan}")
    alice.locator("#pp-more").click()
    alice.locator("#pp-archive").click()
    expect(bob.get_by_text("This plan is archived")).to_be_visible()
    expect(bob.locator("#pp-unarchive")).to_have_count(0)
    expect(bob.locator("#pp-bar").get_by_text("Archived")).to_be_visible()
    alice.locator("#pp-unarchive").click()
    expect(bob.get_by_text("This plan is archived")).to_have_count(0)
    expect(bob.locator("#pp-bar").get_by_text("Archived")).to_have_count(0)


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: run npm ci")
def test_nobody_is_shut_out_of_it(visit: Visit, shelf: str, plan: str) -> None:
    page = visit("alice", at="")
    for scheme, width in DRESSES:
        dress(page, scheme, width)
        page.goto(shelf)
        pick(page, 0)
        page.locator("#pp-bulk-archive").click()
        page.locator("#pp-undo").wait_for()
        pick(page, 0)
        assert violations(page) == [], scheme
        page.locator("#pp-undo").click()
        page.locator("#pp-undo").wait_for(state="detached")
    page.goto(f"/p/{plan}")
    page.locator("#pp-more").click()
    page.locator("#pp-archive").click()
    page.locator("#pp-unarchive").wait_for()
    assert violations(page) == []
    assert not page.evaluate("document.scrollingElement.scrollWidth > innerWidth")


@pytest.mark.skipif(not VNU.is_file(), reason="vnu-jar is not installed: run npm ci")
@pytest.mark.skipif(shutil.which("java") is None, reason="the HTML checker needs Java")
def test_the_toast_on_a_page_is_valid_html(
    server: Server, visitor: Any, plan: str, tmp_path: Path
) -> None:
    alice = visitor("alice")
    found = re.search(
        rf'value="(\d+)"[^>]*aria-label="Select {plan}"', alice.get("/dashboard").text
    )
    sent = alice.post("/plans/bulk", id=found[1], action="archive", q="author:me")
    page = alice.get(sent.headers["Location"])
    assert "1 plan archived." in page.text
    archived = alice.get(f"/p/{plan}")
    for name, text in (("toast", page.text), ("archived", archived.text)):
        (tmp_path / f"{name}.html").write_text(text)
    assert invalid(tmp_path) == []


def invalid(folder: Path) -> list[str]:
    """What the HTML checker finds in the files of a folder, but for htmx's attributes."""
    ours = ["--filterpattern", r"Attribute “hx-[a-z0-9:-]+” not allowed.*"]
    command = [*CHECKER, "--errors-only", *ours, "--format", "gnu", str(folder)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return [line.rpartition("/")[2] for line in checked.stderr.splitlines()]
