"""The history: every version with what it did, page by page, as a page and as a fragment."""

import re

import pytest

from planpush.versions.history import PAGE
from tests.conftest import piece


@pytest.fixture
def grown(agent, push, plan):
    """Push versions of alice's plan until it has so many; each says its number."""

    def grow(number):
        begin = agent("alice", "GET", f"/api/plans/{plan}").json["version"]
        for base in range(begin, number):
            sections = [piece("intro", f"No. {base + 1}."), *[piece("odd")] * (base % 2)]
            push("alice", sections, plan=plan, base_version=base)
        return plan

    return grow


def rows(text):
    """What is said of each version, by number, in the order of the page."""
    parts = re.split(r'<li class="version" id="pp-version-(\d+)">', text)[1:]
    plain = [" ".join(re.sub(r"<[^>]+>", " ", part).split()) for part in parts[1::2]]
    return dict(zip(map(int, parts[::2]), plain, strict=True))


def test_a_version_tells_all_that_is_known_of_it(browser, push, plan, thread):
    told = {"message": "Daily", "direction": "focus\non risks", "source": {"agent": "claude-code"}}
    sections = [piece("intro", "Tokens rotate daily."), piece("risks", "Few.")]
    push("alice", sections, plan=plan, base_version=1, **told)
    browser("bob").send("POST", f"/p/{plan}/sign-off", {"decision": "approve"})
    page = browser("bob").get(f"/p/{plan}/history").text
    assert list(rows(page)) == [2, 1]
    second = rows(page)[2]
    for words in (
        "v2 Daily Newest", "Pushed by Alice via claude-code · ", "Asked: focus on risks",
        "Changed Intro", "Added Risks", "Removed Data model", "Open threads 1 in place",
        "Reviews Bob approved", "Compare with v1",
    ):  # fmt: skip
        assert words in second
    for anchor in ("intro", "risks", "data"):
        assert f'href="/p/{plan}/compare?from=1&amp;to=2&amp;only=1#s-{anchor}"' in page
    assert "v1 No message" in rows(page)[1] and "Sections 2" in rows(page)[1]
    assert f'href="/p/{plan}?v=1"' in page and "Compare" not in rows(page)[1]


def test_the_history_goes_on_page_by_page_without_script_and_with(browser, grown):
    plan, alice = grown(PAGE + 5), browser("alice")
    newest = alice.get(f"/p/{plan}/history").text
    assert list(rows(newest)) == list(range(PAGE + 5, 5, -1))
    (older,) = re.findall(rf'href="(/p/{plan}/history\?before=\d+)"', newest)
    page = alice.get(older).text
    assert list(rows(page)) == [5, 4, 3, 2, 1] and "pp-older" not in page
    assert f'href="/p/{plan}/history"' in page  # back to the newest
    (asked,) = re.findall(rf'hx-get="(/p/{plan}/versions\?before=\d+)"', newest)
    part = alice.get(asked)
    assert "<html" not in part.text and list(rows(part.text)) == [5, 4, 3, 2, 1]
    assert part.text.count("autofocus") == 1
    assert "nothing older" in alice.get(f"/p/{plan}/history?before=1").text


def test_a_purged_version_leaves_its_trace(browser, push, plan):
    words = ("Fine.", "Secret.", "Fine again.")
    for base, word in enumerate(words, start=1):
        told = {"message": word, "base_version": base}
        push("alice", [piece("intro", word), piece("more")], plan=plan, **told)
    browser("ada").send("DELETE", f"/p/{plan}/versions/3")
    page = browser("alice").get(f"/p/{plan}/history").text
    assert "v3 Purged Pushed by Alice" in rows(page)[3] and "Secret." not in page
    assert "versions/3" not in page and f"/p/{plan}?v=3" not in page
    assert "Compare with v2" in rows(page)[4]


def test_the_menu_has_the_last_five_and_leads_to_all_and_to_the_comparison(browser, grown):
    plan, bob = grown(8), browser("bob")

    def bar(path):
        return bob.get(path).text.partition('id="pp-versions"')[2].partition('id="pp-export"')[0]

    newest, old = bar(f"/p/{plan}"), bar(f"/p/{plan}?v=2")
    menu = newest.partition("</details>")[0]
    assert re.findall(r"<b>v(\d)</b>", menu) == ["8", "7", "6", "5", "4"]
    assert f'href="/p/{plan}/history"' in newest
    assert f'href="/p/{plan}/compare?from=7&amp;to=8&' in newest and "Compare with v7" in newest
    assert f'href="/p/{plan}/compare?from=2&amp;to=8&' in old and "Compare with v8" in old


def test_an_old_version_shows_the_threads_that_stood_on_it_where_they_stood(
    browser, push, plan, thread
):
    bob, at = browser("bob"), f"/p/{plan}"
    push("alice", [piece("data")], plan=plan, base_version=1)
    push("alice", [piece("intro", "Tokens turn."), piece("data")], plan=plan, base_version=2)
    place = {"anchor": "intro", "quote": "turn", "body": "Which way?", "v": "3"}
    newer = bob.send("POST", f"{at}/threads", place, htmx=False).location
    newer = re.search(r"thread=(\d+)", newer)[1]
    found, lost = {}, {}
    for number in (1, 2, 3):
        page = bob.get(f"{at}?v={number}").text
        found[number] = set(re.findall(r'<article class="[^"]*" id="t(\d+)"', page))
        lost[number] = "no longer" in page or f'id="pp-placing-{thread}"' in page
    assert found == {1: {thread}, 2: {thread}, 3: {thread, newer}}
    assert (lost[1], lost[2]) == (False, True)


def test_what_became_of_a_thread_since_is_told_on_every_version(browser, push, plan, thread):
    bob, at = browser("bob"), f"/p/{plan}"
    push("alice", [piece("intro", "Tokens rotate daily.")], plan=plan, base_version=1)
    bob.send("PATCH", f"{at}/comments/1", {"body": "How seldom?"})
    bob.send("POST", f"{at}/threads/{thread}/resolution")
    for number in (1, 2):
        page = bob.get(f"{at}?v={number}&show=all").text
        assert "How seldom?" in page and "How often?" not in page and "1 resolved" in page.lower()
