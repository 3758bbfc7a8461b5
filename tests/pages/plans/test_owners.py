"""Owners: who hands a plan over, to whom, and what becomes of who owned it."""

BOB = {"email": "bob@example.com"}


def test_htmx_gets_the_bar_and_the_contents(browser, plan):
    answer = browser("alice").send("POST", f"/p/{plan}/owner", BOB)
    assert answer.status_code == 200 and "<html" not in answer.text
    assert "<dt>Owner</dt><dd>Bob</dd>" in answer.text
    assert "Bob owns this plan now." in answer.text
    assert f'href="/p/{plan}/owner"' not in answer.text  # alice may not hand it on


def test_who_owned_it_may_still_push_and_the_new_owner_manages(browser, push, plan):
    browser("alice").send("POST", f"/p/{plan}/owner", BOB)
    body = {"plan": plan, "base_version": 1}
    section = {"anchor": "intro", "html": "<h2>Intro</h2><p>Other words.</p>"}
    assert push("alice", [section], **body).status_code == 201
    assert browser("alice").send("POST", f"/p/{plan}/publication").status_code == 403
    assert browser("bob").send("POST", f"/p/{plan}/publication").status_code == 201


def test_an_unknown_or_inactive_person_comes_back_in_the_form(browser, plan, sql):
    for typed in ["nobody@example.com", "", "charlie@example.com", "<b>x</b>"]:
        sql("UPDATE users SET active = false WHERE email = 'charlie@example.com'")
        alice = browser("alice")
        for htmx in (True, False):
            answer = alice.send("POST", f"/p/{plan}/owner", {"email": typed}, htmx=htmx)
            assert answer.status_code == 422
            shown = typed.replace("<", "&lt;").replace(">", "&gt;")
            said = f"There is no active person {shown}." if typed else "Say who."
            assert said in answer.text and f'value="{shown}"' in answer.text
            assert "<b>x" not in answer.text
        assert "<dd>Alice</dd>" in alice.get(f"/p/{plan}").text, typed
