"""The compare page: what it shows of two versions, its addresses, and who gets it."""

import re

import pytest

from tests.views.conftest import piece

INS, DEL = '<ins data-diff="added">', '<del data-diff="removed">'
WEEK = "Refresh tokens live 7 days and rotate on every use."
MONTH = "Refresh tokens live 30 days and rotate on every use."


@pytest.fixture
def revised(push, plan):
    """Version 2 of alice's plan: another intro, the data model is gone, risks are new."""
    push("alice", [piece("intro", WEEK), piece("same"), piece("gone")], plan=plan, base_version=1)
    sections = [piece("intro", MONTH), piece("same"), piece("risks", "Somebody steals a token.")]
    answer = push("alice", sections, plan=plan, base_version=2, message="Longer")
    assert answer.status_code == 201
    return plan


def compare(browser, plan, query="?from=2&to=3", name="bob", part="", **options):
    return browser(name).get(f"/p/{plan}/compare{part}{query}", **options)


def body(answer):
    """What the document says, without our icons, spaces and numbered names."""
    assert answer.status_code == 200, answer.text
    return re.search(r'<article class="pp-doc".*?</article>', answer.text, re.DOTALL)[0]


def test_7_days_became_30_days(browser, revised):
    page = compare(browser, revised)
    assert f"live {DEL}7</del>{INS}30</ins> days" in body(page)
    assert "1 section changed, 1 added, 1 removed" in page.text
    assert "v2 → v3" in page.text and "Longer" in page.text
