"""What people see of an agent's side: its answers, its comments, and what it was asked for."""

import re
from html import unescape

import pytest

from tests.conftest import piece

HOSTILE = '<script>alert(1)</script> {{ 7*7 }} "><img src=x onerror=alert(1)>'


def answered(push, plan, thread, status="applied", note="Done.", words=None, who="alice"):
    """Push a next version that answers `thread`; `words` are the intro's new ones."""
    intro = piece("intro", words) if words else {"anchor": "intro", "html": None}
    said = [{"thread": thread, "status": status, "note": note}]
    pushed = push(who, [intro, piece("more")], plan=plan, base_version=1, responses=said)
    assert pushed.status_code == 201, pushed.text


def card(browser, plan, thread, name="bob"):
    return browser(name).get(f"/p/{plan}/threads/{thread}").text


def answer_in(card):
    """The answer's part of a card, as text without tags."""
    found = re.search(r'<div class="answer".*?(?=<details class="reply")', card, re.DOTALL)
    return " ".join(re.sub("<[^>]*>", " ", found[0]).split()) if found else ""


@pytest.mark.parametrize(
    ("status", "edited", "said"),
    [
        ("applied", True, "Applied"),
        ("applied", False, "Said applied, text unchanged"),
        ("partial", False, "Partly applied"),
        ("declined", False, "Declined"),
        ("question", False, "Asks back"),
    ],
)
def test_a_card_says_what_was_answered_by_whom_and_when(
    browser, push, plan, thread, status, edited, said
):
    answered(push, plan, thread, status, HOSTILE, words="Tokens rotate daily." if edited else None)
    shown = card(browser, plan, thread)
    told = unescape(answer_in(shown))
    date = r"\d+ \w+ \d+"
    assert re.fullmatch(rf"{said} Alice via agent {date} {re.escape(HOSTILE)}", told)
    assert "<script>alert" not in shown and "<img" not in shown


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_a_persons_word_makes_it_unanswered_and_an_agents_does_not(
    browser, agent, push, plan, thread, name
):
    answered(push, plan, thread)
    path = f"/api/threads/{thread}/comments"
    assert agent("alice", "POST", path, json={"body": "More of it."}).status_code == 201
    shown = card(browser, plan, thread)
    assert answer_in(shown) != ""
    persons, agents = re.findall(r'<div class="cm".*?<div class="txt">', shown, re.DOTALL)
    assert "<b>Bob</b>" in persons and "via agent" not in persons
    assert '<b>Alice</b><span class="tag">via agent</span>' in agents
    said = browser(name).send("POST", f"/p/{plan}/threads/{thread}/comments", {"body": "No."})
    assert answer_in(said.text) == ""
    assert answer_in(card(browser, plan, thread)) == ""


def test_what_was_asked_for_stands_beside_the_version(browser, push, plan):
    push("alice", [piece("intro")], plan=plan, base_version=1, direction=HOSTILE, message="Model")
    page = browser("bob").get(f"/p/{plan}").text
    menu = page[page.index('id="pp-versions"') :]
    assert "Asked: &lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in menu
    assert menu.count("Asked:") == 1  # version 1 was not asked for anything
    assert "<script>alert" not in page
