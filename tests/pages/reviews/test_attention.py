"""Turns: the bar says why it is one's turn, and that one is done."""

import pytest

from tests.people import CAST

ASK = {"email": "bob@example.com"}


@pytest.fixture
def asked(browser, plan):
    browser("alice").send("POST", f"/p/{plan}/reviewers", ASK)
    return plan


def test_the_bar_says_why_and_links_to_the_thread(browser, asked, thread):
    bob, alice = browser("bob"), browser("alice")
    assert "Asked for your review" in bob.get(f"/p/{asked}").text
    page = alice.get(f"/p/{asked}").text
    assert f'href="/p/{asked}?thread={thread}#t{thread}">Commented on your plan</a>' in page
    assert "Asked for your review" not in page


def test_done_drops_all_of_ones_own_turns_and_no_others(browser, asked, thread):
    alice, bob = browser("alice"), browser("bob")
    answer = alice.send("DELETE", f"/p/{asked}/turn")
    assert answer.status_code == 200 and answer.text.startswith('<div class="review"')
    assert "Your turn" not in answer.text and "not your turn any more" in answer.text
    assert "Your turn" not in alice.get(f"/p/{asked}").text
    assert "Your turn" in bob.get(f"/p/{asked}").text


def test_the_dashboard_gets_its_list_without_the_plan(browser, asked):
    bob, at = browser("bob"), "/dashboard?q=turn%3Ame"
    assert "Asked for your review" in bob.get(at).text
    answer = bob.send("DELETE", f"/p/{asked}/turn", {"from": "dashboard", "at": at})
    assert answer.status_code == 200 and "Done with Auth." in answer.text
    assert "You are up to date." in answer.text and " waiting" not in answer.text


@pytest.mark.parametrize(
    ("at", "status", "to"),
    [
        ("/dashboard?q=turn%3Ame&sort=title", 303, "/dashboard?q=turn%3Ame&sort=title"),
        ("https://else.example/dashboard", 400, None),
        ("/dashboardless", 400, None),
    ],
)
def test_a_plain_form_goes_back_to_the_same_list(browser, asked, at, status, to):
    told = {"from": "dashboard", "at": at}
    answer = browser("bob").send("POST", f"/p/{asked}/turn?_method=DELETE", told, htmx=False)
    assert (answer.status_code, answer.location) == (status, to)


def test_everybody_who_sees_the_plan_may_be_done_with_it(browser, plan):
    for name in sorted(CAST):
        answer = browser(name).send("DELETE", f"/p/{plan}/turn")
        assert answer.status_code == (404 if name == "charlie" else 200), name
