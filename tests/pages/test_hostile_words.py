"""Words that somebody chose with bad intentions are text on every page that shows them."""

from planpush.accounts.user import User
from planpush.database.session import commit
from tests.conftest import address, for_browsers, piece, routes

EVIL = '"><img src=x onerror=alert(1)> <script>alert(2)</script> {{ 7*7 }} <b>bold</b>'
RAW = ("<img src=x", "<script>alert", "<b>bold", "onerror=alert(1)>")
MARKS = "&lt;script&gt;"


def test_words_of_people_and_agents_are_text_wherever_they_are_shown(app, browser, push, plan):
    with app.app_context():
        User.add("mallory@example.com", name=EVIL[:90], roles=["admin"])
        commit()
    mallory, alice = browser("mallory"), browser("alice")
    told = {"title": EVIL, "message": EVIL, "direction": EVIL, "source": {"agent": EVIL[:60]}}
    text = EVIL.replace("<", "&lt;").replace(">", "&gt;")
    sections = [piece("intro", text), piece("data")]
    assert push("alice", sections, plan=plan, base_version=1, **told).status_code == 201
    said = {"anchor": "intro", "quote": EVIL, "body": f"@Alice {EVIL}"}
    opened = mallory.send("POST", f"/p/{plan}/threads", said)
    assert opened.status_code == 201 and not [raw for raw in RAW if raw in opened.text]
    mallory.send("PATCH", f"/p/{plan}/comments/1", {"body": f"@Alice, again: {EVIL}"})
    note = {"decision": "request_changes", "note": EVIL}
    assert mallory.send("POST", f"/p/{plan}/sign-off", note).status_code == 201
    known, shown = {"thread_id": 1, "comment_id": 1}, 0
    for _, rule in routes(app, frozenset({"GET"})):
        if for_browsers(rule) and not rule.rule.startswith(("/static", "/plugin", "/sign-")):
            path = address(rule, slug=plan, **known)
            for somebody in (alice, mallory):
                with somebody.get(path + "?v=2&from=1&to=2&q=alert&state=all") as answer:
                    if answer.mimetype == "text/html":
                        assert not [raw for raw in RAW if raw in answer.text], path
                        shown += MARKS in answer.text
    assert shown > 12
    mention = alice.get(f"/p/{plan}/mentions/new?q=mall")
    assert 'role="option"' in mention.text and "<img" not in mention.text
