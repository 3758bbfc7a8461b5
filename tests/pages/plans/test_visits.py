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


def test_the_contents_say_the_same(browser, thrice):
    page = browser("ada").get(f"/p/{thrice}").text
    contents = page.partition('id="pp-contents"')[2].partition("</nav>")[0]
    told = re.findall(r'href="#s-(\w+)".*?(?:class="chg" title="([^"]*)"|</a>)', contents, re.S)
    assert told == [("intro", "Changed since v2"), ("data", ""), ("costs", "New since v2")]


def test_who_pushes_has_seen_it(browser, thrice):
    page = browser("alice").get(f"/p/{thrice}")
    assert (line(page), marks(page)) == ("", {})


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


def test_without_script_it_leads_back_to_the_page(browser, thrice):
    bob = browser("bob")
    for version, place in ((2, f"/p/{thrice}?v=2"), (3, f"/p/{thrice}")):
        answer = bob.send("POST", f"/p/{thrice}/visit", {"version": version}, htmx=False)
        assert (answer.status_code, answer.location) == (303, place)
    assert line(bob.get(f"/p/{thrice}")) == ""


def test_what_was_pushed_meanwhile_is_not_seen(browser, push, thrice):
    bob = browser("bob")
    mark(bob, thrice, 2)
    assert line(bob.get(f"/p/{thrice}")) == "1 section changed, 1 added, 1 removed since v2."


def test_nothing_becomes_unseen_again(browser, thrice):
    bob = browser("bob")
    for version in (3, 1):
        assert mark(bob, thrice, version).status_code == 200
    assert line(bob.get(f"/p/{thrice}")) == ""


def test_a_sign_off_moves_it(browser, thrice):
    bob = browser("bob")
    sent = {"decision": "approve", "version": 3}
    answer = bob.send("POST", f"/p/{thrice}/sign-off", sent)
    assert answer.status_code == 201 and 'class="chg"' not in answer.text
    for part in ("#pp-since", "#pp-doc .pp-changed-mark", "#pp-contents", "#threads"):
        assert f'hx-target="{part}"' in answer.text  # the open page forgets what was new, too
    assert line(answer) == line(bob.get(f"/p/{thrice}")) == ""


def test_the_etag_changes_with_it(browser, thrice):
    bob = browser("bob")
    tags = [bob.get(f"/p/{thrice}").headers["ETag"]]
    for version in (2, 3):
        mark(bob, thrice, version)
        tags.append(bob.get(f"/p/{thrice}").headers["ETag"])
    assert len(set(tags)) == 3
    kept = {"If-None-Match": tags[-1]}
    assert bob.get(f"/p/{thrice}", headers=kept).status_code == 304


@pytest.mark.parametrize(
    ("told", "status"),
    [({}, 400), ({"version": "x"}, 400), ({"version": 9}, 404), ({"version": 0}, 404),
     ({"version": 3, "until": "soon"}, 400), ({"version": 3, "until": 0}, 200),
     ({"version": 3, "until": 999999999}, 200)],
)  # fmt: skip
def test_what_was_seen_is_said_exactly(browser, thrice, told, status):
    answer = browser("bob").send("POST", f"/p/{thrice}/visit", told)
    assert answer.status_code == status


def test_charlie_gets_404(browser, thrice, stored):
    charlie, before = browser("charlie"), stored("rate_limits", "browser_sessions")
    assert mark(charlie, thrice, 3).status_code == 404
    assert stored("rate_limits", "browser_sessions") == before


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


def test_a_renamed_section_with_other_words_is_changed(browser, push, thrice):
    ada = browser("ada")
    words = "Tables have keys and rows, as ever, and each has an owner."
    push("alice", [piece("data", words)], plan=thrice, base_version=3)
    mark(ada, thrice, 4)
    html = f'<section data-anchor="storage"><h2>Data</h2><p>{words}</p><p>So.</p></section>'
    sent = [{"anchor": "storage", "html": html, "was": "data"}, piece("else")]
    assert push("alice", sent, plan=thrice, base_version=4).status_code == 201
    page = ada.get(f"/p/{thrice}")
    assert line(page) == "1 section changed, 1 added since v4."
    assert marks(page) == {"storage": "Changed", "else": "New"}


def test_of_very_many_other_names_none_is_guessed(browser, push, thrice):
    ada = browser("ada")
    for number in (4, 5):
        sent = [piece(f"part-{number}-{n}", f"Words of {n}.") for n in range(20)]
        assert push("alice", sent, plan=thrice, base_version=number - 1).status_code == 201
        line(ada.get(f"/p/{thrice}"))
        if number == 4:
            mark(ada, thrice, 4)
    assert line(ada.get(f"/p/{thrice}")) == "20 sections added, 20 removed since v4."


def test_a_section_that_only_moved(browser, push, thrice):
    ada = browser("ada")
    mark(ada, thrice, 3)
    turned = [piece("costs", "Four."), piece("intro", "Else."), piece("data", "Other.")]
    push("alice", turned, plan=thrice, base_version=3)
    assert line(ada.get(f"/p/{thrice}")) == "1 section moved since v3."


def test_a_version_from_before_the_upgrade_is_set_by_the_next_look(browser, thrice, sql):
    sql("UPDATE visits SET version = 0, seen_at = NULL")
    bob = browser("bob")
    bob.get(f"/p/{thrice}?v=2")
    assert line(bob.get(f"/p/{thrice}")).endswith("since v2.")


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


def test_an_answer_of_the_agent_is_new_to_others(browser, push, thrice):
    alice, bob = browser("alice"), browser("bob")
    thread = said(bob, thrice, anchor="intro")
    mark(bob, thrice, 3)
    answers = [{"thread": thread, "status": "declined", "note": "No."}]
    sent = [{"anchor": anchor, "html": None} for anchor in ("intro", "data", "costs")]
    assert push("alice", sent, plan=thrice, responses=answers).status_code == 200
    page = bob.get(f"/p/{thrice}")
    assert (line(page), news(page)) == ("1 thread since you last looked.", [thread])
    assert line(alice.get(f"/p/{thrice}")) == "1 thread since you last looked."  # bob's


def test_a_deleted_comment_is_no_news(browser, thrice):
    alice, bob = browser("alice"), browser("bob")
    mark(bob, thrice, 3)
    said(alice, thrice)
    alice.send("DELETE", f"/p/{thrice}/comments/1")
    assert line(bob.get(f"/p/{thrice}")) == ""


def test_an_older_version_tells_of_what_happened_until_the_next(browser, push, thrice):
    alice, bob = browser("alice"), browser("bob")
    early = said(alice, thrice)
    sent = [{"anchor": "intro", "html": None}, piece("data", "New.")]
    push("alice", sent, plan=thrice, base_version=3)
    late = said(alice, thrice)
    page = bob.get(f"/p/{thrice}?v=3&show=new")
    assert line(page) == "2 sections changed, 1 added, 1 removed, 1 thread since v1."
    assert news(page) == [early]
    answer = mark(bob, thrice, 3)
    assert "Version 4 is newer" in answer.text
    assert line(bob.get(f"/p/{thrice}?v=3")) == ""
    page = bob.get(f"/p/{thrice}")
    assert line(page) == "1 section changed, 1 removed, 1 thread since v3."
    assert news(page) == [late]


def test_a_refresh_renews_the_line_where_it_stands(browser, thrice):
    alice, bob = browser("alice"), browser("bob")
    said(alice, thrice)
    fragment = bob.get(f"/p/{thrice}/threads/live?v=3")
    assert 'hx-target="#pp-since:has(#pp-line)"' in fragment.text
    assert "1 thread since v1." in line(fragment)


def test_the_notice_of_a_push_links_the_compare(browser, thrice):
    notice = browser("bob").get(f"/p/{thrice}/updates/new?v=2")
    assert f'href="/p/{thrice}/compare?from=2&amp;to=3&amp;only=1"' in notice.text


def test_it_costs_no_question_when_nothing_changed_and_two_when_something_did(
    browser, count, thrice
):
    bob, path = browser("bob"), f"/p/{thrice}"
    bob.get(path)  # notes the visit
    changed = count(lambda: bob.get(path))
    kept = {"If-None-Match": bob.get(path).headers["ETag"]}
    asked = count(lambda: bob.get(path, headers=kept))
    mark(bob, thrice, 3)
    assert count(lambda: bob.get(path)) == changed - 2
    kept = {"If-None-Match": bob.get(path).headers["ETag"]}
    assert count(lambda: bob.get(path, headers=kept)) == asked


def test_of_very_large_ones_under_other_names_none_is_guessed(browser, push, thrice):
    ada, words = browser("ada"), "".join(f"<p>Words of {n}.</p>" for n in range(3_000))
    for name, base in (("much", 3), ("more", 4)):
        html = f'<section data-anchor="{name}"><h2>Much</h2>{words}</section>'
        sent = [{"anchor": name, "html": html}]
        assert push("alice", sent, plan=thrice, base_version=base).status_code == 201
        if base == 3:
            mark(ada, thrice, 4)
    assert line(ada.get(f"/p/{thrice}")) == "1 section added, 1 removed since v4."
