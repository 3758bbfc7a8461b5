"""Purges: what an admin is asked, who may not, and that no route gives the text back."""

from functools import cache

import pytest

from tests.conftest import code, piece, routes

SECRET = "hunter2-zebra"


@pytest.fixture
def browser(browser):
    """Everybody signs in once."""
    return cache(browser)


@pytest.fixture
def leaked(push):
    """alice's published plan: version 2 of 3 holds a secret, and bob's comment quotes it."""
    first = [piece("intro"), piece("config", "The key is in the vault.")]
    push("alice", first, slug="leak", title="Leak", visibility="published")
    dirty = [piece("intro"), piece("config", f"The key is {SECRET} in the vault.")]
    push("alice", dirty, plan="leak", base_version=1, message=SECRET, direction=SECRET)
    push("alice", [piece("intro", "More."), first[1]], plan="leak", base_version=2)
    return "leak"


@pytest.fixture
def quoted(browser, leaked):
    place = {"anchor": "config", "quote": SECRET, "body": "Out!", "v": "2"}
    answer = browser("bob").send("POST", f"/p/{leaked}/threads", place, htmx=False)
    return answer.location.partition("thread=")[2].partition("#")[0]


def purge(browser, slug, version=2, *, by="ada", htmx=False, **form):
    form = {"number": str(version)} | form
    path = f"/p/{slug}/versions/{version}"
    if htmx:
        return browser(by).send("DELETE", path, form)
    return browser(by).send("POST", f"{path}?_method=DELETE", form, htmx=False)


def test_an_admin_is_told_and_types_the_number(browser, leaked):
    ada = browser("ada")
    assert f"/p/{leaked}/versions/3/purge" in ada.get(f"/p/{leaked}").text
    page = ada.get(f"/p/{leaked}/versions/2/purge").text
    assert "also in v1" in page and "only here" in page and "Backups" in page
    answer = purge(browser, leaked)
    assert (answer.status_code, answer.location) == (303, f"/p/{leaked}?purged=2")
    page = ada.get(answer.location).text
    assert "Version 2 is purged" in page and "backups" in page and "stand in v1" in page
    assert "Version 2 is purged" not in browser("alice").get(answer.location).text


def test_what_was_mistyped_comes_back_in_the_form(browser, leaked):
    for form in [{"number": "3"}, {"number": ""}, {"also": "x"}, {"also": "²"}]:
        for htmx in (True, False):
            answer = purge(browser, leaked, htmx=htmx, **form)
            assert answer.status_code == 422 and 'id="pp-purge-err"' in answer.text
            assert f'value="{form.get("also", "")}"' in answer.text
        assert SECRET in browser("ada").get(f"/p/{leaked}?v=2").text, form


def test_what_cannot_be_purged_is_said_in_the_form(browser, leaked):
    for also, status in [("9", 404), ("1, 3", 409), ("v1 v3", 409)]:
        answer = purge(browser, leaked, also=also)
        assert answer.status_code == status and 'id="pp-purge-err"' in answer.text, (also, status)
        assert browser("ada").get(f"/p/{leaked}?v=2").status_code == 200


def test_other_versions_go_with_it(browser, leaked):
    assert purge(browser, leaked, also="v1").status_code == 303
    for number in (1, 2):
        assert browser("ada").get(f"/p/{leaked}?v={number}").status_code == 410


def test_nobody_but_an_admin_may(browser, leaked):
    for name in ["alice", "bob", "charlie", "pam"]:
        somebody = browser(name)
        assert somebody.get(f"/p/{leaked}/versions/2/purge").status_code == 403, name
        for htmx in (True, False):
            assert purge(browser, leaked, by=name, htmx=htmx).status_code == 403
        assert "/purge" not in somebody.get(f"/p/{leaked}").text
        assert somebody.get(f"/p/{leaked}?v=2").status_code == 200


def test_the_only_version_is_refused(browser, plan):
    assert purge(browser, plan, 1).status_code == 409
    assert "/purge" not in browser("ada").get(f"/p/{plan}").text
    assert browser("ada").get(f"/p/{plan}").status_code == 200


def test_no_page_gives_the_text_back(app, browser, leaked, quoted):
    purge(browser, leaked)
    ada, asked = browser("ada"), 0
    for _, rule in routes(app, frozenset({"GET"})):
        if rule.rule.startswith("/p/<slug>"):
            for query in ("", "?v=2", "?show=all", f"?thread={quoted}"):
                path = rule.rule.replace("<slug>", leaked).replace("<id:thread_id>", quoted)
                path = path.replace("<id:number>", "2").replace("<id:comment_id>", "1")
                assert SECRET not in ada.get(path + query).text, path + query
                asked += 1
    assert asked > 40


def test_no_answer_to_an_agent_gives_the_text_back(app, agent, browser, leaked, quoted):
    purge(browser, leaked)
    for _, rule in routes(app, frozenset({"GET"})):
        if rule.rule.startswith("/api/plans/<slug>"):
            path = rule.rule.replace("<slug>", leaked)
            queries = ("", "?v=2", "?state=all")
            for query in ("?since=cDA&timeout=0",) if path.endswith("/wait") else queries:
                assert SECRET not in agent("alice", "GET", path + query).text, path + query


def test_its_address_says_that_it_was_purged(agent, browser, leaked):
    purge(browser, leaked)
    for path in (f"/p/{leaked}?v=2", f"/p/{leaked}/export.md?v=2", f"/p/{leaked}/document?v=2"):
        answer = browser("bob").get(path)
        assert answer.status_code == 410 and "purged by an admin" in answer.text
    answer = agent("bob", "GET", f"/api/plans/{leaked}/document?v=2")
    assert (answer.status_code, code(answer)) == (410, "purged")
    assert purge(browser, leaked).status_code == 410


def test_a_kept_page_is_not_confirmed(browser, leaked, quoted):
    bob = browser("bob")
    page = bob.get(f"/p/{leaked}")
    assert SECRET in page.text
    purge(browser, leaked)
    again = bob.get(f"/p/{leaked}", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 200 and SECRET not in again.text
    assert "Purged: the words" in again.text and "Out!" in again.text


def test_a_repeated_push_no_longer_quotes_it_in_its_warnings(browser, push, stored):
    html = f'<section data-anchor="a"><h2>A</h2><p class="{SECRET}">Words.</p></section>'
    section, key = {"anchor": "a", "html": html}, {"Idempotency-Key": "once"}
    first = push("alice", [section], key, title="Warned", slug="warned")
    assert SECRET in first.text
    push("alice", [piece("a", "Clean.")], plan="warned", base_version=1)
    purge(browser, "warned", 1)
    again = push("alice", [section], key, title="Warned", slug="warned")
    assert (again.status_code, again.json["version"]) == (201, 1)
    assert SECRET not in again.text and SECRET not in repr(stored())
    assert again.json["title"] == ""  # it may have held the secret, too


def test_a_comment_on_a_purged_page_is_refused_and_nothing_is_stored(browser, leaked, stored):
    purge(browser, leaked)
    bob, words = browser("bob"), {"anchor": "intro", "body": "Hm."}
    before = stored("rate_limits", "browser_sessions", "events")
    for where in ({"v": "2"}, {"v": "1", "shown": "2"}):
        answer = bob.send("POST", f"/p/{leaked}/threads", words | where)
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (410, "#banner")
    assert stored("rate_limits", "browser_sessions", "events") == before
