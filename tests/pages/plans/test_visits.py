"""What is new since somebody last looked: each their own baseline, moved only when they say so."""

import re

import pytest

from tests.conftest import invite, piece

FIRST = [piece("intro", "One."), piece("data", "Two."), piece("risks", "Three.")]
MARKS = re.compile(r'id="s-([\w-]+)"(?:(?!<section).)*?pp-changed-mark[^>]*>(\w+)', re.DOTALL)


@pytest.fixture
def thrice(app, browser, push):
    """Alice's plan in three versions: bob opened the first, ada the second, alice pushed them."""
    slug = push("alice", FIRST, title="Thrice", slug="thrice").json["plan"]
    invite(app, slug, "bob", "reviewer")
    browser("bob").get(f"/p/{slug}")
    second = [piece("intro", "One."), piece("data", "Other."), piece("risks", "Three.")]
    assert push("alice", second, plan=slug, base_version=1).status_code == 201
    browser("ada").get(f"/p/{slug}")
    third = [piece("intro", "Else."), piece("data", "Other."), piece("costs", "Four.")]
    assert push("alice", third, plan=slug, base_version=2).status_code == 201
    return slug


def line(answer) -> str:
    """The words of the line, or nothing."""
    found = re.search(r'id="pp-line"(.*?)</p>', answer.text, re.S)
    text = found[1] if found else ""
    return re.sub(r"<[^>]*>|^>", "", re.sub(r"<svg.*?</svg>", "", text, flags=re.S)).strip()


def marks(answer) -> dict[str, str]:
    return dict(MARKS.findall(answer.text))


def until(answer) -> str:
    return re.search(r'name="until" value="(\d+)"', answer.text)[1]


def mark(person, slug, version, **told):
    return person.send("POST", f"/p/{slug}/visit", {"version": version} | told)


def test_the_first_time_nothing_is_new(browser, thrice):
    pam = browser("pam")
    for _ in range(2):
        page = pam.get(f"/p/{thrice}")
        assert (line(page), marks(page)) == ("", {})


def test_each_has_a_baseline_of_their_own(browser, thrice):
    bob, ada = (browser(name).get(f"/p/{thrice}") for name in ("bob", "ada"))
    assert line(bob) == "2 sections changed, 1 added, 1 removed since v1."
    assert line(ada) == "1 section changed, 1 added, 1 removed since v2."
    assert marks(bob) == {"intro": "Changed", "data": "Changed", "costs": "New"}
    assert marks(ada) == {"intro": "Changed", "costs": "New"}
    assert f'href="/p/{thrice}/compare?from=1&amp;to=3&amp;only=1"' in bob.text
    assert f'href="/p/{thrice}/compare?from=2&amp;to=3&amp;only=1"' in ada.text


def test_no_look_moves_it(browser, thrice):
    bob = browser("bob")
    paths = (f"/p/{thrice}", f"/p/{thrice}?v=3", f"/p/{thrice}?v=2", f"/p/{thrice}/document?v=3")
    for path in (*paths, f"/p/{thrice}/updates?v=1", f"/p/{thrice}/threads/live?v=3"):
        assert bob.get(path).status_code == 200
    assert line(bob.get(f"/p/{thrice}")).endswith("since v1.")


def test_an_older_version_is_compared_with_the_same(browser, thrice):
    bob, ada = browser("bob"), browser("ada")
    for path in (f"/p/{thrice}?v=2", f"/p/{thrice}/document?v=2"):
        page = bob.get(path)
        assert (line(page), marks(page)) == ("1 section changed since v1.", {"data": "Changed"})
        page = ada.get(path)
        assert (line(page), marks(page)) == ("", {})
    assert marks(ada.get(f"/p/{thrice}?v=1")) == {}


def test_mark_as_seen(browser, thrice):
    bob = browser("bob")
    answer = mark(bob, thrice, 3)
    assert answer.status_code == 200 and "<html" not in answer.text
    assert 'hx-target="#announce"' in answer.text and "Marked as seen: version 3." in answer.text
    assert 'hx-target="#pp-doc .pp-changed-mark" hx-swap="delete"' in answer.text
    assert 'class="chg"' not in answer.text and line(answer) == ""
    page = bob.get(f"/p/{thrice}")
    assert (line(page), marks(page)) == ("", {})
    assert line(browser("ada").get(f"/p/{thrice}")).endswith("since v2.")


def test_a_sign_off_moves_it(browser, thrice):
    bob = browser("bob")
    sent = {"decision": "approve", "version": 3}
    answer = bob.send("POST", f"/p/{thrice}/sign-off", sent)
    assert answer.status_code == 201 and 'class="chg"' not in answer.text
    for part in ("#pp-since", "#pp-doc .pp-changed-mark", "#pp-contents", "#threads"):
        assert f'hx-target="{part}"' in answer.text  # the open page forgets what was new, too
    assert line(answer) == line(bob.get(f"/p/{thrice}")) == ""


def test_a_renamed_section_is_itself(browser, push, thrice):
    ada, rest = browser("ada"), [piece("risks", "Three."), piece("new", "Some.")]
    long = "Tables have keys and rows, as ever, and each has an owner."
    told = [piece("intro", "One."), piece("data", long), rest[0]]
    push("alice", told, plan=thrice, base_version=3)
    mark(ada, thrice, 4)
    for base, heading in ((4, "Storage"), (5, "Shelves")):
        html = f'<section data-anchor="{heading.lower()}"><h2>Data</h2><p>{long}</p></section>'
        sent = [piece("intro", "One."), {"anchor": heading.lower(), "html": html}, *rest]
        assert push("alice", sent, plan=thrice, base_version=base).status_code == 201
    page = ada.get(f"/p/{thrice}")
    assert line(page) == "1 section added, 1 renamed since v4."
    assert marks(page) == {"new": "New"}


def test_a_purged_baseline_is_the_one_before_it(browser, push, thrice):
    ada = browser("ada")
    assert ada.send("DELETE", f"/p/{thrice}/versions/2").status_code == 200
    page = ada.get(f"/p/{thrice}")
    said = "2 sections changed, 1 added, 1 removed since v1. v2, which you saw last, was purged."
    assert line(page) == said
    assert "compare?from=1&amp;to=3&amp;only=1" in page.text
    ada.send("DELETE", f"/p/{thrice}/versions/1")
    page = ada.get(f"/p/{thrice}")
    assert line(page) == "v2, which you saw last, was purged: what changed since cannot be told."
    assert marks(page) == {} and "compare?from" not in page.text
    assert mark(ada, thrice, 3).status_code == 200
    assert line(ada.get(f"/p/{thrice}")) == ""


def said(person, slug, thread=None, **place):
    path = f"/p/{slug}/threads" + (f"/{thread}/comments" if thread else "")
    answer = person.send("POST", path, {"body": "Hm."} | place, htmx=False)
    return re.search(r"thread=(\d+)", answer.location)[1]


def news(answer) -> list[str]:
    """The threads whose cards say that something is new."""
    cards = re.findall(
        r'<article class="thread[^>]*id="t(\d+)"(.*?)</article>', answer.text, re.DOTALL
    )
    return [thread for thread, card in cards if 'class="news"' in card]


def test_threads_count_with_something_by_somebody_else(browser, thrice):
    alice, bob = browser("alice"), browser("bob")
    mark(bob, thrice, 3)
    mine, theirs, done, whole = (
        said(who, thrice, **place)
        for who, place in ((bob, {"anchor": "intro"}), (alice, {"anchor": "intro"}),
                           (bob, {"anchor": "costs"}), (alice, {}))
    )  # fmt: skip
    page = bob.get(f"/p/{thrice}")
    assert (line(page), set(news(page))) == ("2 threads since you last looked.", {theirs, whole})
    said(alice, thrice, mine)
    alice.send("POST", f"/p/{thrice}/threads/{done}/resolution")
    page = bob.get(f"/p/{thrice}?show=all")
    assert line(page) == "4 threads since you last looked."
    assert set(news(page)) == {mine, theirs, done, whole}
    assert line(alice.get(f"/p/{thrice}")) == "2 threads since you last looked."


def test_the_line_leads_to_these_threads(browser, thrice):
    alice, bob = browser("alice"), browser("bob")
    mine, theirs = said(bob, thrice), said(alice, thrice)
    alice.send("POST", f"/p/{thrice}/threads/{theirs}/resolution")
    page = bob.get(f"/p/{thrice}")
    assert line(page) == "2 sections changed, 1 added, 1 removed, 1 thread since v1."
    assert f'href="/p/{thrice}?show=new#comments"' in page.text
    for path in (f"/p/{thrice}?show=new", f"/p/{thrice}/threads?v=3&show=new"):
        shown = bob.get(path)
        assert re.findall(r'id="t(\d+)"', shown.text) == [theirs]
        assert "New since you last looked" in shown.text
    panel = {"panel": "show=new"}
    answer = mark(bob, thrice, 3, **panel)
    assert re.findall(r'id="t(\d+)"', answer.text) == [mine] and "New since" not in answer.text


def test_what_is_said_while_the_page_is_open_stays_new(browser, thrice):
    alice, bob = browser("alice"), browser("bob")
    said(alice, thrice)
    page = bob.get(f"/p/{thrice}")
    late = said(alice, thrice)
    answer = mark(bob, thrice, 3, until=until(page))
    assert news(answer) == [late]
    page = bob.get(f"/p/{thrice}")
    assert line(page) == "1 thread since you last looked." and news(page) == [late]
    mark(bob, thrice, 3, until=until(page))
    assert line(bob.get(f"/p/{thrice}")) == ""
