"""Restoring a version: who may, what it makes, and what it never brings back."""

import pytest

from tests.conftest import invite, piece

SECRET = "hunter2-zebra"


@pytest.fixture
def second(push, plan):
    """Version 2 of alice's plan: the intro changed, a section is new, the data model is gone."""
    sections = [piece("intro", "Tokens rotate daily."), piece("risks", "Few.")]
    return push("alice", sections, plan=plan, base_version=1).json["version"]


def restore(somebody, plan, number, *, htmx=False, **form):
    return somebody.send("POST", f"/p/{plan}/versions/{number}/restoration", form, htmx=htmx)


def test_a_version_is_restored_by_plain_forms(browser, plan, second):
    alice, at = browser("alice"), f"/p/{plan}/versions/1/restoration"
    assert at in alice.get(f"/p/{plan}/history").text
    assert at in alice.get(f"/p/{plan}?v=1").text
    page = alice.get(at).text
    for words in ("becomes v3", "Changes</dt><dd><bdi>Intro", "Brings back</dt><dd><bdi>Data model",
                  "Takes out</dt><dd><bdi>Risks", 'name="newest" value="2"'):  # fmt: skip
        assert words in page
    answer = restore(alice, plan, 1, newest="2")
    assert (answer.status_code, answer.location) == (303, f"/p/{plan}")
    page = alice.get(f"/p/{plan}").text
    assert "every use" in page and 'id="s-data"' in page and 'id="s-risks"' not in page
    assert "<b>v3</b> Restored version 1" in page and "Restored version 1<small>Alice ·" in page


def test_a_thread_that_lost_its_place_has_it_again(browser, push, plan, agent):
    place = {"anchor": "data", "quote": "uuid", "body": "Why?"}
    browser("bob").send("POST", f"/p/{plan}/threads", place)
    push("alice", [piece("intro")], plan=plan, base_version=1)

    def state():
        return agent("alice", "GET", f"/api/plans/{plan}/threads").json["threads"][0]["placement"]

    assert state()["state"] == "orphaned"
    restore(browser("alice"), plan, 1)
    assert (state()["state"], state()["anchor"]) == ("exact", "data")
    page = browser("alice").get(f"/p/{plan}/history").text
    assert "1 in place" in page and "1 orphaned" in page


def test_htmx_gets_the_plan_as_it_is_now(browser, plan, second):
    answer = restore(browser("alice"), plan, 1, htmx=True)
    assert answer.status_code == 201 and "<html" not in answer.text
    assert "every use" in answer.text and "Version 3 says what version 1 said." in answer.text


def test_the_same_content_is_not_pushed_again_and_that_is_said(browser, plan, second, stored):
    alice = browser("alice")
    assert restore(alice, plan, 2, htmx=True).status_code == 200
    restore(alice, plan, 1)
    before = stored("rate_limits", "browser_sessions")["versions"]
    for number, words in ((1, "same as v3, the newest"), (3, "It is the newest version")):
        answer = restore(alice, plan, number)
        assert answer.status_code == 303 and answer.location.endswith(f"/{number}/restoration")
        page = alice.get(answer.location).text
        assert words in page and "there is nothing to restore" in page and 'id="pp-rest' not in page
        said = restore(alice, plan, number, htmx=True)
        assert said.status_code == 200 and "nothing was pushed" in said.text
    assert stored("rate_limits", "browser_sessions")["versions"] == before


def test_what_was_pushed_meanwhile_is_looked_at_first(browser, push, plan, second):
    alice = browser("alice")
    push("alice", [piece("intro", "Newer.")], plan=plan, base_version=2)
    answer = restore(alice, plan, 1, newest="2")
    assert answer.status_code == 409 and "Version 3 was pushed meanwhile" in answer.text
    assert 'name="newest" value="3"' in answer.text
    assert restore(alice, plan, 1, newest="2", htmx=True).status_code == 409
    assert "Newer." in alice.get(f"/p/{plan}").text


def test_who_may_not_push_may_not_restore(browser, plan, second):
    at = f"/p/{plan}/versions/1/restoration"
    for name, status in (("bob", 403), ("ada", 403), ("charlie", 404)):
        somebody = browser(name)
        for path in (f"/p/{plan}?v=1", f"/p/{plan}/history"):
            assert "/restoration" not in somebody.get(path).text, name
        assert somebody.get(at).status_code == status
        for htmx in (True, False):
            answer = restore(somebody, plan, 1, htmx=htmx)
            assert answer.status_code == status, name
            assert status == 404 or "owner and its editors" in answer.text


def test_an_editor_restores(app, browser, plan, second):
    invite(app, plan, "bob")
    assert restore(browser("bob"), plan, 1).status_code == 303
    assert "Restored version 1<small>Bob ·" in browser("alice").get(f"/p/{plan}").text


def test_what_was_purged_never_comes_back(browser, push, plan):
    dirty = [piece("intro"), piece("config", f"The key is {SECRET}.")]
    push("alice", dirty, plan=plan, base_version=1)
    push("alice", [piece("intro"), piece("config", "In the vault.")], plan=plan, base_version=2)
    alice = browser("alice")
    browser("ada").send("DELETE", f"/p/{plan}/versions/2")
    for htmx in (True, False):
        assert restore(alice, plan, 2, htmx=htmx).status_code == 410
    assert alice.get(f"/p/{plan}/versions/2/restoration").status_code == 410
    restore(alice, plan, 1)
    assert SECRET not in alice.get(f"/p/{plan}").text
