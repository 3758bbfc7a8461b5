"""The audit log's page."""

import re

import pytest

from planpush.activity.audit import PAGE
from planpush.database.session import commit
from planpush.events.event import Event


@pytest.fixture
def happened(app, ada, browser, member):
    """A few things that ada and bob did."""
    browser("bob")
    ada.send("PATCH", member("charlie"), {"role": "qa"})
    app.test_client().get("/sign-in/local?token=wrong")


def kinds(answer):
    return re.findall(r"<code>([\w.]+)</code></div>", answer.text)


def test_39_it_tells_who_did_what_when_and_from_where(ada, happened):
    row = ada.get("/admin/audit?q=action:role").text.partition("<tr id=")[2].partition("</tr>")[0]
    for told in ("Role changed", "ada@example.com", "charlie@example.com", "127.0.0.1", "qa"):
        assert told in row
    assert re.search(r'<time datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00">', row)


FOUND = [
    ("actor:bob", ["session.started"]),
    ("actor:nobody action:sign_in", ["sign_in.failed"]),
    ("action:session actor:ada", ["session.started"]),
    ("action:session", ["session.started"] * 2),
    ("object:charlie -action:user", ["role.changed"]),
    ("failed", ["sign_in.failed"]),
    ("since:2999-01-01", []),
    ("until:2001-01-01", []),
    ("action:nothing", []),
    ("address:127. action:role", ["role.changed"]),
]


def test_the_query_finds(ada, happened):
    for q, found in FOUND:
        answer = ada.get("/admin/audit", query_string={"q": q})
        assert answer.status_code == 200 and kinds(answer) == found, (q, found)


UNREADABLE = [
    ("acter:ada", "did you mean actor:"),
    ("sinze:2026-11-01", "did you mean since:"),
    ("since:yesterday", "write since:2026-11-01"),
    ("until:2026-13-01", "is no date"),
    ("x" * 501, "at most 500"),
]


def test_a_query_that_cannot_be_read_is_422_with_a_sentence(ada):
    for q, said in UNREADABLE:
        answer = ada.get("/admin/audit", query_string={"q": q})
        assert answer.status_code == 422, (q, said)
        assert (said in answer.text) or "500 characters" in answer.text
        assert f'value="{q}"' in answer.text and 'aria-invalid="true"' in answer.text


def test_older_entries_are_a_page_away(app, ada):
    with app.app_context():
        for _ in range(PAGE):
            Event.record("test.done", by=None)
        commit()
    first = ada.get("/admin/audit")
    assert len(kinds(first)) == PAGE
    older = re.search(r'rel="next" href="([^"]+)"', first.text)[1].replace("&amp;", "&")
    second = ada.get(older)
    assert kinds(second)[-1] == "user.added" and 'rel="next"' not in second.text
    told = first.text + second.text
    ids = [int(one) for one in re.findall(r'id="pp-event-(\d+)"', told)]
    assert ids == sorted(set(ids), reverse=True)


def test_39_no_address_changes_or_deletes_an_entry(ada, stored):
    before = stored()["events"]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert ada.send(method, "/admin/audit").status_code == 405
        assert ada.send(method, "/admin/audit/1").status_code == 404
    assert stored()["events"] == before
    assert "nobody can change or delete one" in ada.get("/admin/audit").text
