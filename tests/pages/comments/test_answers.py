"""What people see of an agent's side: its answers, its comments, and what it was asked for."""

import re

import pytest
from sqlalchemy import event

from planpush.database.session import db
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
    ("status", "words"),
    [("applied", "Applied"), ("partial", "Partly applied"), ("declined", "Declined"),
     ("question", "Asks back")],
)  # fmt: skip
def test_a_card_says_what_was_answered_by_whom_and_when(browser, push, plan, thread, status, words):
    answered(push, plan, thread, status, "Because of this.", words="Tokens rotate daily.")
    told = answer_in(card(browser, plan, thread))
    assert re.fullmatch(rf"{words} Alice via agent \d+ \w+ \d+ Because of this\.", told)


def test_applied_without_a_change_of_the_text_is_flagged(browser, push, plan, thread):
    answered(push, plan, thread)
    for page in (card(browser, plan, thread), browser("bob").get(f"/p/{plan}").text):
        told = answer_in(page)
        assert told.startswith("Said applied, text unchanged Alice") and "Applied" not in told


@pytest.mark.parametrize("status", ["partial", "declined", "question"])
def test_only_applied_is_held_against_the_text(browser, push, plan, thread, status):
    answered(push, plan, thread, status)
    assert "unchanged" not in answer_in(card(browser, plan, thread))


def test_answered_is_not_resolved(browser, push, plan, thread):
    answered(push, plan, thread, words="Tokens rotate daily.")
    bob = browser("bob")
    page = bob.get(f"/p/{plan}/threads?show=open").text
    assert f'id="t{thread}"' in page and "Resolved by" not in page
    assert f'id="pp-turn-{thread}"' in page  # a person still resolves it
    assert f'id="t{thread}"' not in bob.get(f"/p/{plan}/threads?show=resolved").text


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_a_persons_word_makes_it_unanswered_and_an_agents_does_not(
    browser, agent, push, plan, thread, name
):
    answered(push, plan, thread)
    path = f"/api/threads/{thread}/comments"
    assert agent("alice", "POST", path, json={"body": "More of it."}).status_code == 201
    assert answer_in(card(browser, plan, thread)) != ""
    said = browser(name).send("POST", f"/p/{plan}/threads/{thread}/comments", {"body": "No."})
    assert answer_in(said.text) == ""
    assert answer_in(card(browser, plan, thread)) == ""


def test_a_note_is_text(browser, push, plan, thread):
    answered(push, plan, thread, note=HOSTILE)
    shown = card(browser, plan, thread)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in shown
    assert "<script>alert" not in shown and "<img" not in shown


def test_what_an_agent_wrote_says_so_and_for_whom(browser, agent, plan, thread):
    path = f"/api/threads/{thread}/comments"
    assert agent("alice", "POST", path, json={"body": "On it."}).status_code == 201
    persons, agents = re.findall(
        r'<div class="cm".*?<div class="txt">', card(browser, plan, thread), re.DOTALL
    )
    assert "<b>Bob</b>" in persons and "via agent" not in persons
    assert '<b>Alice</b><span class="tag">via agent</span>' in agents


def test_what_was_asked_for_stands_beside_the_version(browser, push, plan):
    push("alice", [piece("intro")], plan=plan, base_version=1, direction=HOSTILE, message="Model")
    page = browser("bob").get(f"/p/{plan}").text
    menu = page[page.index('id="pp-versions"') :]
    assert "Asked: &lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in menu
    assert menu.count("Asked:") == 1  # version 1 was not asked for anything
    assert "<script>alert" not in page


@pytest.fixture
def questions(app):
    """Every statement that the database was sent, until it is cleared."""
    sent = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
    return sent


def test_many_answerers_are_not_more_questions(browser, push, sql, questions, plan, thread):
    bob = browser("bob")
    for _ in range(4):
        bob.send("POST", f"/p/{plan}/threads", {"body": "Hm.", "anchor": "intro"})
    answered(push, plan, thread)
    counts = set()
    for who in ("1", "1 + id % 4"):
        sql(f"UPDATE threads SET answer_status = 'partial', answered_at = opened_at, "
            f"answered_by_id = (SELECT min(id) - 1 FROM users) + {who}")  # fmt: skip
        questions.clear()
        page = bob.get(f"/p/{plan}/threads").text
        counts.add(len(questions))
    assert len(counts) == 1 and counts.pop() <= 17
    assert page.count('<div class="answer"') == 5 and len(set(re.findall("<b>(.*?)</b>", page))) > 2
