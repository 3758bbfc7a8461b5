"""Archives: what a plan's page says while the plan is put away, and what still works."""

from tests.conftest import DOCUMENT, invite

NOTICE = "This plan is archived"


def test_an_archived_plan_says_so_takes_comments_and_offers_a_way_out_to_who_may(browser, plan):
    alice, bob = browser("alice"), browser("bob")
    before = alice.get(f"/p/{plan}")
    assert NOTICE not in before.text
    alice.send("POST", f"/p/{plan}/archive")
    for somebody, may in ((alice, True), (bob, False)):
        text = somebody.get(f"/p/{plan}", headers={"If-None-Match": before.headers["ETag"]}).text
        assert NOTICE in text
        assert (f"/p/{plan}/archive" in text) is may
    place = {"body": "Why?", "anchor": "intro"}
    assert bob.send("POST", f"/p/{plan}/threads", place).status_code == 201
    assert NOTICE in bob.get(f"/p/{plan}").text


def test_an_editors_new_version_takes_it_out(app, browser, agent, plan):
    invite(app, plan, "charlie")
    browser("alice").send("POST", f"/p/{plan}/archive")
    sent = {"data": DOCUMENT.replace("uuid", "text"), "content_type": "text/html"}
    pushed = agent("charlie", "POST", f"/api/push?plan={plan}&base_version=1", **sent)
    assert pushed.status_code == 201
    assert NOTICE not in browser("alice").get(f"/p/{plan}").text
