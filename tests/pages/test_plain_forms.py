"""Forms without script: each does its work and leads back to the page that it was sent from."""

from tests.conftest import piece

CARD = "?thread=1#t1"
FORMS = [
    ("alice", "POST", "publication", {}, ""),
    ("alice", "DELETE", "publication", {}, ""),
    ("alice", "POST", "archive", {}, ""),
    ("alice", "DELETE", "archive", {}, ""),
    ("alice", "POST", "mute", {}, ""),
    ("alice", "DELETE", "mute", {}, ""),
    ("bob", "POST", "threads", {"anchor": "intro", "body": "Why so often?"}, "?thread=2#t2"),
    ("bob", "POST", "threads/1/comments", {"body": "Agreed."}, CARD),
    ("bob", "PATCH", "comments/1", {"body": "How seldom?"}, CARD),
    ("bob", "DELETE", "comments/3", {}, CARD),
    ("bob", "POST", "comments/3/restoration", {}, CARD),
    ("bob", "POST", "threads/1/resolution", {}, CARD),
    ("bob", "DELETE", "threads/1/resolution", {}, CARD),
    ("bob", "POST", "threads/1/placement", {"decision": "not_here"}, CARD),
    ("bob", "POST", "drafts", {"place": "new", "body": "Half", "key": "k1", "v": "1"}, ""),
    ("bob", "DELETE", "drafts", {"place": "new", "key": "k1", "v": "1"}, ""),
    ("bob", "POST", "visit", {"version": "1"}, "?v=1"),
    ("bob", "POST", "visit", {"version": "2"}, ""),
    ("bob", "POST", "sign-off", {"decision": "approve"}, ""),
    ("bob", "DELETE", "sign-off", {}, ""),
]


def test_a_form_leads_back_to_its_page(browser, push, plan, thread):
    push("alice", [piece("intro", "Tokens rotate on each use.")], plan=plan, base_version=1)
    people = {name: browser(name) for name in ("alice", "bob")}
    for name, method, path, form, back in FORMS:
        plain = f"/p/{plan}/{path}" + ("" if method == "POST" else f"?_method={method}")
        answer = people[name].send("POST", plain, form, htmx=False)
        told = (answer.status_code, answer.location)
        assert told == (303, f"/p/{plan}{back}"), (method, path, answer.text[:500])
    page = people["bob"].get(f"/p/{plan}").text
    for words in ("Why so often?", "Agreed.", "How seldom?"):
        assert words in page, words
