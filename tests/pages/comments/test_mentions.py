"""The list of people behind an @: who may see the plan, best first, and nobody else."""

import re
from html import unescape


def offers(somebody, plan, q=""):
    answer = somebody.get(f"/p/{plan}/mentions/new", query_string={"q": q})
    assert answer.status_code == 200 and "<html" not in answer.text
    return [unescape(words) for words in re.findall('data-words="([^"]*)"', answer.text)]


def test_only_who_sees_a_private_plan_is_offered(browser, plan):
    bob = browser("bob")
    assert offers(bob, plan) == ["Alice", "Bob", "Ada", "Pam"]
    assert offers(bob, plan, "cha") == [] and offers(bob, plan, "PA") == ["Pam"]


def test_hostile_letters_find_nobody(browser, plan):
    for q in ["\0", "%", "_", "'\"<b>", "\ud800", "x" * 5_000, " ", "\u202e", "@"]:
        answer = browser("bob").get(
            f"/p/{plan}/mentions/new?q="
            + "".join(f"%{b:02x}" for b in q.encode("utf-8", "surrogatepass"))
        )
        assert answer.status_code in (200, 400) and 'role="option"' not in answer.text, q


def test_a_mention_is_highlighted_more_for_whom_it_means(browser, plan, thread):
    body = {"body": "@bob, `@Bob`: what does @Ada say? @Charlie is not here."}
    card = browser("alice").send("POST", f"/p/{plan}/threads/{thread}/comments", body).text
    assert re.findall('<span class="mention([^"]*)">(.*?)</span>', card) == [
        ("", "@bob"),
        ("", "@Ada"),
    ]
    page = browser("bob").get(f"/p/{plan}").text
    assert '<span class="mention me">@bob</span>' in page and "<code>@Bob</code>" in page


def test_an_agents_comment_names_people_as_well(browser, agent, plan, thread):
    agent("alice", "POST", f"/api/threads/{thread}/comments", json={"body": "@Bob, done."})
    agent("alice", "POST", f"/api/plans/{plan}/threads", json={"body": "@Bob, look."})
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "thread_reply",
            "arguments": {"thread": thread, "body": "@bob"}}}  # fmt: skip
    assert agent("alice", "POST", "/mcp", json=call).status_code == 200
    assert browser("bob").get(f"/p/{plan}?show=all").text.count('<span class="mention me">') == 3


def test_nobody_learns_of_a_plan_by_being_named(browser, plan, thread, stored):
    browser("bob").send("POST", f"/p/{plan}/threads/{thread}/comments", {"body": "@Charlie @Ada"})
    assert len(stored()["mentions"]) == 1
    assert browser("charlie").get(f"/p/{plan}/mentions/new?q=").status_code == 404
