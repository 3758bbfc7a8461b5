"""Cards: those that are filled into a stencil are what their template renders, letter by letter."""

import re
from itertools import product

import pytest

from planpush.web.cards import Cards

HOSTILE = '100 %, %(id)s and <b>%s</b> & "more" \' {{ plan }}'
KEY = re.compile(r'name="key" value="[^"]*"')
TOKEN = re.compile(r"\b[0-9a-f]{80}\b")


@pytest.fixture
def talk(browser, agent, plan):
    """Threads of both on words, on a block, on the plan; some are resolved, some words edited."""
    bob, alice = browser("bob"), browser("alice")
    places = [
        {"anchor": "intro", "quote": "rotate"},
        {"anchor": "intro", "block": "1"},
        {"anchor": "data"},
        {},
        {"anchor": "intro", "quote": "rotate", "blocking": "1"},
    ]
    for number, place in enumerate(places * 2):
        who = (bob, alice)[number % 2]
        who.send("POST", f"/p/{plan}/threads", {"body": f"{HOSTILE} {number}"} | place)
    for thread in (1, 2):
        bob.send("POST", f"/p/{plan}/threads/{thread}/comments", {"body": "@Alice, see."})
        agent("alice", "POST", f"/api/threads/{thread}/comments", json={"body": "I did."})
    alice.send("POST", f"/p/{plan}/threads/6/resolution")
    bob.send("PATCH", f"/p/{plan}/comments/3", {"body": "Otherwise."})
    return plan


def seen(somebody, path):
    return TOKEN.sub("TOKEN", KEY.sub("KEY", somebody.get(path).text))


def test_a_stencil_gives_what_the_template_gives(browser, talk, monkeypatch):
    queries = ("", "?show=all", "?thread=2", "?thread=1&edit=1", "?thread=1&reattach=1")
    is_usual, usual = Cards._is_usual, []
    for reader, query in product(map(browser, ("alice", "bob", "ada")), queries):
        path = f"/p/{talk}{query}"
        reader.get(path)  # they have looked
        usual.clear()
        with monkeypatch.context() as patch:
            patch.setattr(Cards, "_is_usual", lambda *given: noted(usual, is_usual(*given)))
            filled = seen(reader, path)
            patch.setattr(Cards, "_is_usual", lambda *_: False)
            assert seen(reader, path) == filled
        assert any(usual)
        assert "&lt;b&gt;%s&lt;/b&gt;" in filled and "%(id)s" in filled


def noted(told, value):
    told.append(value)
    return value
