"""What a panel, a place, a draft and a stream are told by somebody with bad intentions."""

import re

from planpush.database.session import commit
from tests.conftest import DOCUMENT
from tests.people import Browser

FORMS = (
    {"v": "2", "shown": "1", "body": "", "decision": "bogus"},
    {"v": "2", "shown": "99", "body": "", "decision": "bogus"},
    {"v": "2", "shown": "abc", "body": "", "decision": "bogus"},
    {"v": "2", "body": "", "panel": "&" * 200, "seen": "x", "decision": "confirm"},
)


def test_a_form_that_cannot_come_back_is_refused_without_a_fault(browser, agent, plan):
    """The page that sent it names a version that has no such thread, or none at all."""
    query = f"plan={plan}&title=Auth&base_version=1"
    text = DOCUMENT.replace("rotate", "turn")
    pushed = agent("alice", "POST", f"/api/push?{query}", data=text, content_type="text/html")
    assert pushed.status_code == 201, pushed.text
    bob = browser("bob")
    opened = bob.send("POST", f"/p/{plan}/threads", {"anchor": "data", "body": "Hm.", "v": "2"})
    thread, comment = (
        re.search(rf'id="{name}(\d+)"', opened.text)[1] for name in ("t", "comment-")
    )
    for htmx in [True, False]:
        for method, path in (
            ("POST", f"threads/{thread}/placement"),
            ("POST", f"threads/{thread}/comments"),
            ("PATCH", f"comments/{comment}"),
            ("POST", "threads"),
        ):
            for form in FORMS:
                answer = bob.send(method, f"/p/{plan}/{path}", form, htmx=htmx)
                assert answer.status_code in (400, 404, 409, 422), (path, form)


def test_whom_to_mention_is_asked_so_often_only(another, browser, plan, sql):
    bob = Browser(another(rate_limits=True), "bob")
    assert bob.get(f"/p/{plan}/mentions/new?q=a").status_code == 200
    sql("UPDATE rate_limits SET used = 300")
    assert bob.get(f"/p/{plan}/mentions/new?q=a").status_code == 429


def test_what_a_consequence_records_is_announced_as_well(app, monkeypatch):
    """A new default role changes people's: their streams must end on every database."""
    from planpush import subscribers
    from planpush.events.event import Event

    told = []
    monkeypatch.setattr(subscribers, "announce", lambda _session, event: told.append(event.kind))
    more = {"version.pushed": (lambda _s, _e: Event.record("role.changed", by=None),)}
    monkeypatch.setattr(subscribers, "CONSEQUENCES", more)
    with app.app_context():
        Event.record("version.pushed", by=None)
        commit()
    assert told == ["version.pushed", "role.changed"]
