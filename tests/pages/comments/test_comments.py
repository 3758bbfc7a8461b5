"""Comments: replies, and what one may do with one's own words."""

import re
from html import unescape

import pytest

from planpush.database.session import commit
from planpush.operations.retention import sweep


def reply(somebody, plan, thread, body="Agreed.", htmx=True, **form):
    path = f"/p/{plan}/threads/{thread}/comments"
    return somebody.send("POST", path, {"body": body} | form, htmx=htmx)


def comments(agent, plan):
    return agent("ada", "GET", f"/api/plans/{plan}/threads?state=all").json["threads"][0][
        "comments"
    ]


def test_htmx_gets_the_card_with_the_reply(browser, plan, thread):
    answer = reply(browser("alice"), plan, thread)
    assert answer.status_code == 201
    assert f'id="t{thread}"' in answer.text and "Agreed." in answer.text
    assert "<html" not in answer.text


def test_a_double_click_makes_one_comment(browser, agent, plan, thread):
    alice = browser("alice")
    for _ in range(3):
        assert reply(alice, plan, thread, key="k1").status_code == 201
    assert len(comments(agent, plan)) == 2


def test_words_that_cannot_be_stored_come_back_as_typed(browser, plan, thread):
    for body in ["", " \n\t ", "x" * 10_001, "\x00", "a\x1bb", "\x7f", "a\x9bb"]:
        answer = reply(browser("alice"), plan, thread, body)
        assert answer.status_code == 422, body
        typed = re.search(rf'<textarea id="pp-body-{thread}"[^>]*>([^<]*)</textarea>', answer.text)[
            1
        ]
        assert unescape(typed).strip() == body.strip()
        assert 'aria-invalid="true"' in answer.text and f'id="pp-err-{thread}"' in answer.text


def test_the_author_edits(browser, agent, plan, thread):
    bob = browser("bob")
    form = bob.get(f"/p/{plan}/comments/1/edit").text
    assert re.search(r'<textarea id="pp-edit-1"[^>]*>How often\?</textarea>', form)
    answer = bob.send("PATCH", f"/p/{plan}/comments/1", {"body": "How seldom?"})
    assert answer.status_code == 200 and "edited" in answer.text
    assert comments(agent, plan)[0]["body"] == "How seldom?"


def test_the_author_deletes_and_deleted_stays(browser, agent, plan, thread):
    bob = browser("bob")
    answer = bob.send("DELETE", f"/p/{plan}/comments/1")
    assert answer.status_code == 200 and "Comment deleted. <button" in answer.text
    assert 'id="pp-d-1"' in bob.get(f"/p/{plan}").text
    for name in ("alice", "bob"):
        assert "How often?" not in browser(name).get(f"/p/{plan}").text
    assert "This comment was deleted." in browser("alice").get(f"/p/{plan}").text
    assert comments(agent, plan)[0]["body"] == ""
    assert "0 comments" in bob.get(f"/p/{plan}").text


def test_nobody_else_edits_or_deletes(browser, agent, plan, thread):
    for name in ["alice", "ada", "pam"]:
        somebody = browser(name)
        form = somebody.get(f"/p/{plan}/comments/1/edit")
        assert form.status_code == 403 or 'id="pp-edit-1"' not in form.text, name
        assert somebody.send("PATCH", f"/p/{plan}/comments/1", {"body": "x"}).status_code == 403
        assert somebody.send("DELETE", f"/p/{plan}/comments/1").status_code == 403
        assert comments(agent, plan)[0]["body"] == "How often?"


def restore(somebody, plan, comment=1, htmx=True):
    return somebody.send("POST", f"/p/{plan}/comments/{comment}/restoration", htmx=htmx)


@pytest.mark.parametrize("htmx", [True, False])
def test_undo_puts_the_words_back(browser, agent, plan, thread, htmx):
    bob = browser("bob")
    bob.send("DELETE", f"/p/{plan}/comments/1")
    for _ in range(2):
        answer = restore(bob, plan, htmx=htmx)
        assert answer.status_code == (200 if htmx else 303)
        assert not htmx or ">Comment restored.</hx-partial>" in answer.text
    assert comments(agent, plan)[0]["body"] == "How often?"
    assert comments(agent, plan)[0]["deleted"] is False
    assert "· 1 comment<" in bob.get(f"/p/{plan}").text


def test_only_the_author_undoes(browser, agent, plan, thread):
    browser("bob").send("DELETE", f"/p/{plan}/comments/1")
    for name in ("alice", "ada"):
        assert restore(browser(name), plan).status_code == 403
        assert "restoration" not in browser(name).get(f"/p/{plan}").text
    assert restore(browser("bob"), plan, 99).status_code == 404
    assert comments(agent, plan)[0]["body"] == ""


def test_what_was_swept_cannot_be_undone(app, browser, plan, thread, sql):
    bob = browser("bob")
    bob.send("DELETE", f"/p/{plan}/comments/1")
    sql("UPDATE comments SET deleted_at = '2020-01-01 00:00:00+00:00'")
    with app.app_context():
        sweep()
        commit()
    answer = restore(bob, plan)
    assert answer.status_code == 410 and "gone for good" in answer.text
    page = bob.get(f"/p/{plan}").text
    assert "This comment was deleted." in page and "restoration" not in page


def test_words_that_wait_for_undo_leave_by_no_door(browser, agent, plan, thread, stored):
    alice, secret = browser("alice"), "Xyzzy @Bob"
    reply(alice, plan, thread, "Xyzzy first")
    alice.send("PATCH", f"/p/{plan}/comments/2", {"body": secret})
    alice.send("DELETE", f"/p/{plan}/comments/2")
    pages = [f"/p/{plan}", f"/p/{plan}?wordings=2", f"/p/{plan}/threads/{thread}"]
    pages += [f"/p/{plan}/export.{form}" for form in ("html", "md", "json")]
    for name in ("alice", "bob", "ada"):
        for page in pages:
            assert "Xyzzy" not in browser(name).get(page).text, page
        for page in ("wordings", "edit"):
            assert "Xyzzy" not in browser(name).get(f"/p/{plan}/comments/2/{page}").text
        assert "Xyzzy" not in agent(name, "GET", f"/api/plans/{plan}/threads?state=all").text
    holders = {name for name, rows in stored().items() if any("Xyzzy" in row for row in rows)}
    assert holders == {"comments", "wordings"}


def test_the_history_of_a_comment_is_shown_to_who_sees_it(browser, plan, thread):
    bob, path = browser("bob"), f"/p/{plan}/comments/1"
    assert f'{path}/wordings"' not in bob.get(f"/p/{plan}").text
    for body in ("How **seldom**?", "How seldom, <x-y>?"):
        bob.send("PATCH", path, {"body": body})
    alice = browser("alice")
    assert f'{path}/wordings"' in alice.get(f"/p/{plan}").text
    for shown in (alice.get(f"{path}/wordings"), alice.get(f"/p/{plan}?thread=1&wordings=1")):
        assert "2 edits" in shown.text
        assert "How <del>often" in shown.text and "<ins>**seldom**" in shown.text
        assert "<x-y" not in shown.text and "&lt;" in shown.text
    assert browser("charlie").get(f"{path}/wordings").status_code == 404
    bob.send("DELETE", path)
    assert alice.get(f"{path}/wordings").status_code == 404
