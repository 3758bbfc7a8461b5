"""Comments: replies, and what one may do with one's own words."""

import re
from html import unescape

import pytest

from planpush.database.session import commit
from planpush.operations.retention import sweep
from tests.conftest import piece


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


def test_a_plain_form_is_sent_on_to_its_thread(browser, plan, thread):
    answer = reply(browser("alice"), plan, thread, htmx=False)
    assert (answer.status_code, answer.location) == (303, f"/p/{plan}?thread={thread}#t{thread}")


def test_a_reply_names_its_author_and_role(browser, agent, plan, thread):
    reply(browser("pam"), plan, thread)
    last = comments(agent, plan)[-1]
    assert last["author"] == {"name": "Pam", "role": "Project manager"}
    assert (last["body"], last["via"]) == ("Agreed.", None)


def test_a_double_click_makes_one_comment(browser, agent, plan, thread):
    alice = browser("alice")
    for _ in range(3):
        assert reply(alice, plan, thread, key="k1").status_code == 201
    assert len(comments(agent, plan)) == 2


def test_a_key_used_for_other_words_is_refused_with_the_form(browser, agent, plan, thread):
    alice = browser("alice")
    reply(alice, plan, thread, key="k1")
    answer = reply(alice, plan, thread, "Other words", key="k1")
    assert answer.status_code == 422 and "Other words" in answer.text
    assert len(comments(agent, plan)) == 2


def test_a_key_does_not_swallow_a_reply_to_another_thread(browser, agent, plan, thread, stored):
    alice = browser("alice")
    alice.send("POST", f"/p/{plan}/threads", {"body": "Second"})
    reply(alice, plan, thread, key="k1")
    answer = reply(alice, plan, int(thread) + 1, key="k1")
    assert answer.status_code == 422 or len(stored()["comments"]) == 4


@pytest.mark.parametrize("body", ["", " \n\t ", "x" * 10_001, "\x00", "a\x1bb", "\x7f", "a\x9bb"])
def test_words_that_cannot_be_stored_come_back_as_typed(browser, plan, thread, body):
    answer = reply(browser("alice"), plan, thread, body)
    assert answer.status_code == 422
    typed = re.search(rf'<textarea id="pp-body-{thread}"[^>]*>([^<]*)</textarea>', answer.text)[1]
    assert unescape(typed).strip() == body.strip()
    assert 'aria-invalid="true"' in answer.text and f'id="pp-err-{thread}"' in answer.text


def test_a_plain_form_gets_a_page_back_with_its_words(browser, plan, thread):
    answer = reply(browser("alice"), plan, thread, "x" * 10_001, htmx=False)
    assert answer.status_code == 422
    assert "x" * 10_001 in answer.text
    assert "<html" in answer.text


@pytest.mark.parametrize(
    "body", ["😀" * 100, "\u202eabc", "<i>&amp;</i>", "`a` https://x.y/", "%s{}"]
)
def test_whatever_is_text_is_kept_as_it_is(browser, agent, plan, thread, body):
    reply(browser("alice"), plan, thread, body)
    assert comments(agent, plan)[-1]["body"] == body


def test_the_author_edits(browser, agent, plan, thread):
    bob = browser("bob")
    form = bob.get(f"/p/{plan}/comments/1/edit").text
    assert re.search(r'<textarea id="pp-edit-1"[^>]*>How often\?</textarea>', form)
    answer = bob.send("PATCH", f"/p/{plan}/comments/1", {"body": "How seldom?"})
    assert answer.status_code == 200 and "edited" in answer.text
    assert comments(agent, plan)[0]["body"] == "How seldom?"


def test_the_author_edits_with_a_plain_form(browser, agent, plan, thread):
    bob = browser("bob")
    path = f"/p/{plan}/comments/1?_method=PATCH"
    answer = bob.send("POST", path, {"body": "How seldom?"}, htmx=False)
    assert (answer.status_code, answer.location) == (303, f"/p/{plan}?thread={thread}#t{thread}")
    assert comments(agent, plan)[0]["body"] == "How seldom?"


def test_an_edit_that_cannot_be_stored_gives_the_form_back(browser, agent, plan, thread):
    answer = browser("bob").send("PATCH", f"/p/{plan}/comments/1", {"body": "bell \x07"})
    assert answer.status_code == 422
    assert re.search(r'<textarea id="pp-edit-1"[^>]*aria-invalid="true"[^>]*>bell ', answer.text)
    assert comments(agent, plan)[0]["body"] == "How often?"


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


def test_the_author_deletes_with_a_plain_form(browser, agent, plan, thread):
    answer = browser("bob").send("POST", f"/p/{plan}/comments/1?_method=DELETE", htmx=False)
    assert answer.status_code == 303
    assert comments(agent, plan)[0]["body"] == ""


def test_deleting_twice_counts_once(browser, plan, thread):
    bob = browser("bob")
    reply(bob, plan, thread)
    for _ in range(2):
        assert bob.send("DELETE", f"/p/{plan}/comments/1").status_code in (200, 404)
    assert "· 1 comment<" in bob.get(f"/p/{plan}").text


def test_what_is_deleted_cannot_be_edited(browser, agent, plan, thread):
    bob = browser("bob")
    bob.send("DELETE", f"/p/{plan}/comments/1")
    assert bob.send("PATCH", f"/p/{plan}/comments/1", {"body": "Back"}).status_code == 404
    assert comments(agent, plan)[0]["body"] == ""


@pytest.mark.parametrize("name", ["alice", "ada", "pam"])
def test_nobody_else_edits_or_deletes(browser, agent, plan, thread, name):
    somebody = browser(name)
    form = somebody.get(f"/p/{plan}/comments/1/edit")
    assert form.status_code == 403 or 'id="pp-edit-1"' not in form.text
    assert somebody.send("PATCH", f"/p/{plan}/comments/1", {"body": "x"}).status_code == 403
    assert somebody.send("DELETE", f"/p/{plan}/comments/1").status_code == 403
    assert comments(agent, plan)[0]["body"] == "How often?"


@pytest.mark.parametrize("number", ["0", "99", "2147483648", "9223372036854775808", "9" * 40])
def test_a_comment_that_is_not_there_is_404(browser, plan, thread, number):
    bob = browser("bob")
    path = f"/p/{plan}/comments/{number}"
    assert bob.get(f"{path}/edit").status_code == 404
    assert bob.send("PATCH", path, {"body": "x"}).status_code == 404
    assert bob.send("DELETE", path).status_code == 404


def test_a_persons_word_takes_an_answer_back(browser, push, agent, plan, thread):
    sections = [piece("intro", "Tokens rotate daily.")]
    answer = {"thread": thread, "status": "applied", "note": "Done"}
    push("alice", sections, plan=plan, base_version=1, responses=[answer])
    card = browser("bob").get(f"/p/{plan}/threads/{thread}").text
    assert "Applied" in card and "Done" in card
    assert "Applied" not in reply(browser("bob"), plan, thread, "Not so.").text
    assert agent("bob", "GET", f"/api/plans/{plan}/threads").json["threads"][0]["answer"] is None


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


def test_many_long_edits_are_told_in_part(browser, plan, thread, sql):
    bob = browser("bob")
    bob.send("PATCH", f"/p/{plan}/comments/1", {"body": "a " * 5_000})
    for n in range(22):
        sql("INSERT INTO wordings (comment_id, body, until) VALUES (1, :body, :at)",
            body=f"b{n} " * 2_000, at="2026-01-01 00:00:00+00:00")  # fmt: skip
    text = bob.get(f"/p/{plan}/comments/1/wordings").text
    assert "23 edits" in text and text.count("<li>") == 20 and "not shown" in text
