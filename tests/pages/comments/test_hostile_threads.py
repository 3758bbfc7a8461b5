"""Threads that somebody opens with bad intentions: refused or shown as text, never a fault."""

import re
from html import escape, unescape

import pytest

from tests.pages.comments.test_threads import opened
from tests.people import SAME_ORIGIN

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<b>{{ 7*7 }}</b>",
    "'\";--",
]


NUMBERS = ("-1", "9" * 13, "1.5", "abc", "0x1", "²", "٣", "\0", "999999999")


@pytest.mark.parametrize("name", ["v", "block", "start", "end"])
def test_a_strange_number_is_refused(browser, plan, name):
    bob = browser("bob")
    for value in NUMBERS:
        place = {"anchor": "intro", "block": "2", "quote": "rotate"} | {name: value}
        for body, htmx in (("Hm.", True), ("", True), ("", False)):
            answer = opened(bob, plan, htmx, body=body, **place)
            assert answer.status_code in (201, 303, 400, 404, 422), (value, body)
            assert name != "v" or answer.status_code >= 400, value


@pytest.mark.parametrize(
    "value",
    ["\0", "\x1b[0m", "<b>&", "😀" * 50, "ü", "x" * 100_000, "\u202e", "' OR 1=1--", "%ED%A0%80"],
)
def test_a_hostile_selector_never_breaks(browser, plan, value):
    bob = browser("bob")
    for name in ("anchor", "quote", "prefix", "suffix", "row", "column", "key"):
        for place in (
            {},
            {"anchor": "intro"},
            {"anchor": "intro", "block": "2", "quote": "rotate"},
        ):
            answer = opened(bob, plan, **(place | {name: value}))
            assert answer.status_code in (201, 400, 422), (name, place)
        assert bob.get(f"/p/{plan}").status_code == 200, name


def test_bytes_that_are_no_text_never_break(browser, plan):
    for name in ["body", "anchor", "quote", "prefix", "key", "v", "blocking"]:
        bob = browser("bob")
        data = f"body=Hm&{name}=".encode() + b"%ED%A0%80%FF\xed\xa0\x80"
        headers = SAME_ORIGIN | {"Content-Type": "application/x-www-form-urlencoded"}
        answer = bob.client.post(f"/p/{plan}/threads", data=data, headers=headers)
        assert answer.status_code in (303, 400, 422), name
        assert bob.get(f"/p/{plan}").status_code == 200


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markup_in_a_quote_is_escaped_in_text_and_title(browser, push, hostile):
    section = {"anchor": "a", "html": f"<p>Say {escape(hostile, quote=False)} now</p>"}
    slug, bob = push("bob", [section], title="Quotes").json["plan"], browser("bob")
    answer = opened(bob, slug, anchor="a", quote=hostile, body="This?")
    assert answer.status_code == 201
    title = re.search(r'class="quote"[^>]* title="([^"]*)">', answer.text)[1]
    assert unescape(title) == hostile
    assert "<script>" not in answer.text and "<img" not in answer.text
    refused = opened(bob, slug, body=hostile, quote=f"nope {hostile}", anchor="a")
    assert refused.status_code == 422 and hostile not in refused.text


def test_links_in_a_comment_lead_only_to_the_web(browser, plan):
    words = 'See https://example.com/a?b=1&c=2. Not javascript:alert(1) nor http://x"onclick=y'
    text = opened(browser("bob"), plan, body=words).text
    assert 'href="https://example.com/a?b=1&amp;c=2"' in text and "noopener" in text
    assert 'href="javascript:' not in text and '"onclick' not in text
