"""The plan page: bars, contents, versions, and an ETag that changes whenever the page does."""

import re

import pytest

from tests.conftest import piece


@pytest.fixture
def second(push, plan):
    """Version 2 of alice's plan: the intro changed, a section is new, the data model is gone."""
    sections = [piece("intro", "Tokens rotate daily."), piece("risks", "Few.")]
    told = {"message": "Daily", "direction": "focus on risks", "source": {"agent": "claude-code"}}
    return push("alice", sections, plan=plan, base_version=1, **told).json["version"]


def region(text, start, end):
    return text.partition(start)[2].partition(end)[0]


def test_the_bar_says_who_pushed_when_which_version_and_how_many_comments(browser, plan, thread):
    facts = region(browser("bob").get(f"/p/{plan}").text, 'id="pp-facts">', "</span>")
    time = r'<time class="ago" datetime="[^"]+" title="[^"]+ UTC">[^<]+</time>'
    assert re.fullmatch(rf"Pushed by Alice · {time} · v1 · 1 comment", facts)


def test_the_contents_name_each_section_and_count_its_open_threads(browser, plan, thread):
    contents = region(browser("bob").get(f"/p/{plan}").text, 'id="pp-contents"', "</nav>")
    intro, data = re.findall(r'<li><a href="#s-(.*?)</li>', contents, re.DOTALL)
    assert "Intro" in intro and "1<span" in intro and "open comment" in intro
    assert "Data model" in data and "open comment" not in data


def test_each_section_has_its_id_and_a_permalink_with_version(browser, plan, second):
    page = browser("alice").get(f"/p/{plan}").text
    for anchor in ("intro", "risks"):
        assert page.count(f'id="s-{anchor}"') == 1
        assert f'href="/p/{plan}?v=2#s-{anchor}"' in page


def test_an_old_version_shows_its_text_a_banner_and_its_own_comments(browser, plan, thread, second):
    page = browser("bob").get(f"/p/{plan}?v=1").text
    assert "every use" in page and "rotate daily" not in page
    banner = region(page, 'class="banner old"', "</p>")
    assert "v1" in banner and f'href="/p/{plan}"' in banner and "v2" in banner
    assert f'id="t{thread}"' in page


def test_a_version_tells_message_direction_agent_and_what_went(browser, plan, second):
    page = browser("alice").get(f"/p/{plan}").text
    assert "Daily" in page and "focus on risks" in page and "claude-code" in page
    assert re.search(r"<dt>Removed</dt><dd>[^<]*data", page)


def test_the_404_says_whom_to_ask(browser):
    assert "ask" in browser("alice").get("/p/nope").text.lower()
    assert "published" in browser("alice").get("/p/nope").text


def test_a_kept_page_is_confirmed(browser, plan):
    alice = browser("alice")
    first = alice.get(f"/p/{plan}")
    again = alice.get(f"/p/{plan}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_the_etag_changes_with_whatever_the_page_shows(browser, push, plan, thread):
    alice, bob = browser("alice"), browser("bob")
    path = f"/p/{plan}"
    seen = [alice.get(path).headers["ETag"], bob.get(path).headers["ETag"]]
    kept = [{"anchor": "intro", "html": None}, {"anchor": "data", "html": None}]
    answers = [{"thread": thread, "status": "declined", "note": "No."}]
    draft = {"place": "new", "body": "Half", "key": "k1", "v": "1"}
    charlie, word = {"email": "charlie@example.com"}, f"{path}/sign-off"
    steps = [
        lambda: push("alice", kept, plan=plan, responses=answers),
        lambda: alice.send("POST", f"{path}/drafts", draft),
        lambda: alice.send("POST", f"{path}/editors", charlie),
        lambda: alice.send("DELETE", f"{path}/editors", charlie),
        lambda: bob.send("POST", word, {"decision": "approve"}),
        lambda: bob.send("POST", word, {"decision": "request_changes", "note": "Why?"}),
        lambda: alice.send("DELETE", f"{path}/turn"),
        lambda: bob.send("DELETE", word),
        lambda: bob.send("POST", f"{path}/threads", {"body": "Whole plan"}),
        lambda: bob.send("POST", f"{path}/threads/{thread}/comments", {"body": "Reply"}),
        lambda: bob.send("PATCH", f"{path}/comments/1", {"body": "Edited"}),
        lambda: bob.send("DELETE", f"{path}/comments/1"),
        lambda: bob.send("POST", f"{path}/threads/{thread}/resolution"),
        lambda: bob.send("DELETE", f"{path}/threads/{thread}/resolution"),
        lambda: alice.send("POST", f"{path}/publication"),
        lambda: push("alice", [piece("intro", "New.")], plan=plan, base_version=1),
        lambda: push("alice", [piece("intro", "New.")], plan=plan, title="Renamed"),
    ]
    for step in steps:
        assert step().status_code < 300
        seen.append(alice.get(path).headers["ETag"])
    seen += [alice.get(f"{path}{query}").headers["ETag"] for query in ("?v=1", "?show=all")]
    seen.append(browser("alice").get(path).headers["ETag"])  # another session
    assert len(set(seen)) == len(seen)


def test_the_private_banner_is_for_the_owner(browser, plan):
    seen = "Only you and your reviewers can see this"  # bob is one
    assert seen in browser("alice").get(f"/p/{plan}").text
    assert seen not in browser("bob").get(f"/p/{plan}").text
    assert "Make private" not in browser("bob").get(f"/p/{plan}").text


def test_ids_are_unique_on_the_page(browser, plan, thread):
    page = browser("bob").get(f"/p/{plan}?compose=intro&thread={thread}&edit=1").text
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted({name for name in ids if ids.count(name) > 1}) == []


def test_document_and_title_cannot_break_out(browser, push):
    html = '<p onclick="x()">Hi <script>alert(1)</script><a href="javascript:alert(2)">go</a></p>'
    pushed = push("alice", [{"anchor": "a", "html": html}], title='</title><script>alert("t")')
    page = browser("alice").get(f"/p/{pushed.json['plan']}").text
    assert "alert(1)" not in page and "alert(2)" not in page and "onclick" not in page
    assert "<script>alert" not in page
