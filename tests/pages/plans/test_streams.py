"""The live stream's answer: names only, from where the page left off, for those who may see it."""

from planpush.database.session import commit
from planpush.events.event import Event
from planpush.live.subscriptions import Happening


def names(answer):
    return [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")]


def ids(answer):
    return [int(line[4:]) for line in answer.text.splitlines() if line.startswith("id: ")]


def test_a_page_hears_what_it_missed(browser, plan, app):
    alice, bob = browser("alice"), browser("bob")
    with app.app_context():
        since = Event.newest_of_all()
    assert names(bob.get(f"/p/{plan}/events?since={since}")) == []
    alice.send("POST", f"/p/{plan}/threads", data={"anchor": "intro", "body": "Why?"})
    answer = bob.get(f"/p/{plan}/events?since={since}")
    assert (answer.mimetype, names(answer)) == ("text/event-stream", ["threads"])
    assert "Why?" not in answer.text
    again = {"Last-Event-ID": str(ids(answer)[0])}
    assert names(bob.get(f"/p/{plan}/events?since={since}", headers=again)) == []


ENDPOINTS = ["events.show", "events.index", "viewers.index", "bells.show", "listing_updates.index"]


def test_an_open_page_keeps_no_session_alive(app):
    for endpoint in ENDPOINTS:
        assert app.view_functions[endpoint].quiet, endpoint


KINDS = [
    ("thread.opened", ("threads",)), ("comment.edited", ("threads",)),
    ("version.pushed", ("version", "threads")), ("plan.published", ("threads",)),
    ("session.started", ()), ("placement.confirmed", ("threads",)),
    ("review.asked", ("sign-off",)), ("sign_off.given", ("sign-off",)),
    ("editor.added", ("sign-off",)),
]  # fmt: skip


def test_kinds_have_names():
    for kind, told in KINDS:
        assert Happening(1, kind, 7, 1, "").names == told, (kind, told)
        assert Happening(1, kind, 0, 1, "").names == ()


def test_whose_rights_may_have_ended():
    gone = Happening(1, "user.deactivated", 0, 9, "bob@example.com")
    private = Happening(2, "plan.unpublished", 7, 9, "")
    assert gone.concerns(1, 5, "bob@example.com") and not gone.concerns(1, 5, "eve@example.com")
    assert private.concerns(7, 5, "bob@example.com") and not private.concerns(8, 9, "x")
    assert Happening(4, "review.withdrawn", 7, 9, "bob@example.com").concerns(7, 5, "x")
    assert Happening(4, "review.withdrawn", 7, 9, "bob@example.com").ends_rights
    removed = Happening(5, "editor.removed", 7, 9, "bob@example.com")
    assert removed.ends_rights and removed.shuts_out and removed.concerns(7, 5, "x")
    assert not Happening(3, "thread.opened", 7, 9, "").ends_rights
    for kind in ("logout.back_channel", "logout.front_channel"):
        ended = Happening(6, kind, 0, 0, "bob@example.com")
        assert ended.ends_rights and ended.concerns(7, 5, "bob@example.com")


def test_readers_are_shown_unless_they_do_not_like_it(app, browser, plan):
    from planpush.plans.plan import Plan
    from planpush.plans.presence import Viewer
    from tests.conftest import person

    with app.app_context():
        found = Plan.find(plan, person("ada"))
        here = {(found.id, person(name).id) for name in ("bob", "alice")}
        Viewer.tell("one", here | {(999, 1), (found.id, 999)}, set())
        Viewer.tell("two", {(found.id, person("bob").id)}, set())
        commit()
    answer = browser("alice").get(f"/p/{plan}/viewers").text
    assert "1 viewing" in answer and "Bob reads this" in answer and "Alice reads" not in answer
    with app.app_context():
        person("bob").presence = False
        Viewer.tell("one", set(), here)
        commit()
    assert "viewing" not in browser("alice").get(f"/p/{plan}/viewers").text


def test_every_page_has_one_stream_and_a_stranger_none(app, browser, plan):
    alice = browser("alice")
    pages = ("/dashboard", f"/p/{plan}", f"/p/{plan}/owner", "/settings/profile", "/notices")
    for page in (*pages, "/p/nope"):
        text = alice.get(page).text
        assert text.count("hx-sse:connect") == text.count(' id="live"') == 1, page
        assert text.count(' id="pp-ring"') == 1, page
    assert "hx-sse:connect" not in app.test_client().get("/sign-in").text
