"""Addresses that make no sense: each is refused with a sentence, and none breaks a page."""

import pytest

HUGE = "9" * 30
# Who asks for what, and what they may be told.
ADDRESSES = [
    # lists and their filters: the list stays, with a sentence above it
    *(("alice", f"/activity{path}?show={show}", {422}, "There is no filter")
      for path in ("", "/older") for show in ("nope", "Pushes", "%3Cscript%3Ealert", "x" * 500)),
    *(("bob", f"/comments?{query}", {422}, "There is no ")
      for query in ("show=nope", "state=nope", "show=all", "state=%3Cscript%3E")),
    *(("alice", f"{path}?before=x", {400}, "")
      for path in ("/activity", "/activity/older", "/comments", "/notices")),
    *(("alice", f"{path}?before=1", {200}, "There is nothing older")
      for path in ("/activity", "/comments", "/notices")),
    *(("ada", f"/admin/members?{query}", {422}, "")
      for query in ("role=king", "status=gone", "sort=size", "q=" + "x" * 201, "q=%00")),
    *(("ada", f"/admin/audit.{form}?q=acter:ada", {422}, "did you mean actor:")
      for form in ("csv", "json")),
    *(("ada", f"/admin/audit.{form}?before=x", {400}, "") for form in ("csv", "json")),
    # the query language of the dashboard
    *(("alice", f"/dashboard{path}?{query}", {400, 422}, "")
      for path in ("", "/plans")
      for query in ("q=updated:yesterday", "q=updated:>2026-02-30", "q=" + "x" * 501, "q=a%00b",
                    "q=sort:nonsense", "q=updated:>0000-00-00", "q=" + "word+" * 13,
                    "sort=nonsense", "sort=%00", "sort=version-desc", "page=abc", "page=-1",
                    f"page={HUGE}", "page=²", "after=x", "after=bnVsbA", "after=WyJ4IiwxXQ")),
    # a plan, its versions, and what stands beside them
    *(("alice", f"/p/{slug}", {404}, "published")
      for slug in ("nope", "AUTH", "auth%00", "auth%0A", "-auth", "a" * 65, "%ED%A0%80", "ä")),
    *(("alice", f"/p/auth{path}?v={number}", {400, 404}, "")
      for path in ("", "/document", "/threads", "/updates", "/updates/new", "/export.html",
                   "/export.md", "/export.json")
      for number in ("0", "-1", "3", "999999999", HUGE, "abc", "1.5", "²", "%00", "1e3", " 1")),
    *(("alice", f"/p/auth/compare{path}?{query}", {400, 404}, "")
      for path in ("", "/changes")
      for query in ("from=9", "from=1&to=9", "from=0", "from=x", "from=1&to=-2", "to=1e3")),
    *(("alice", f"/p/auth/{path}?before={before}", {status}, "")
      for path in ("history", "versions")
      for before, status in (("0", 200), ("999999999", 200), ("x", 400))),
    *(("alice", f"/p/auth?{query}", {200, 400, 404}, "")
      for query in ("compose=%00", "compose=x.99999999999", "compose=..", "show=x", "thread=0",
                    "compose=%22%3E%3Cscript%3E", "thread=abc", "edit=99", "edit=-1",
                    "thread=99999999999", "compose=%ED%A0%80")),
]  # fmt: skip
SENT = [
    *(("bob", method, f"/p/auth/{path.format(number)}", {"body": "x"}, {404})
      for number in ("0", "99", "2147483648", HUGE)
      for method, path in (
          ("GET", "comments/{}/edit"), ("PATCH", "comments/{}"), ("DELETE", "comments/{}"),
          ("GET", "threads/{}"), ("POST", "threads/{}/comments"),
          ("POST", "threads/{}/resolution"), ("DELETE", "threads/{}/resolution"))),
    *(("bob", "POST", "/p/auth/threads/1/placement",
       {"decision": "reattach", "anchor": "data"} | bad, {400})
      for bad in ({"block": "-1"}, {"start": "x"}, {"v": "1e9"}, {"end": "9" * 40})),
    *(("bob", "POST", "/p/auth/visit", told, {status})
      for told, status in (
          ({}, 400), ({"version": "x"}, 400), ({"version": "9"}, 404), ({"version": "0"}, 404),
          ({"version": "1", "until": "soon"}, 400), ({"version": "1", "until": "0"}, 200))),
    *(("alice", "POST", f"/p/auth/versions/{number}/restoration", {}, {404})
      for number in ("3", "999999999")),
    ("ada", "POST", "/admin/integrations/smtp/test", {}, {404}),
    ("ada", "PATCH", "/admin/settings/smtp", {}, {404}),
    ("ada", "PATCH", "/admin/members/999", {"role": "qa"}, {404}),
    ("ada", "DELETE", "/admin/integrations/scim/tokens/999", {}, {404}),
]  # fmt: skip


@pytest.fixture
def people(browser):
    return {name: browser(name) for name in ("alice", "bob", "ada")}


def test_an_address_that_makes_no_sense_is_refused_and_breaks_nothing(people, plan, thread):
    for name, address, statuses, words in ADDRESSES:
        answer = people[name].get(address)
        assert answer.status_code in statuses, (address, answer.status_code)
        assert words in answer.text, address
        assert "<script>" not in answer.text, address


def test_a_form_for_what_is_not_there_is_refused(people, plan, thread, stored):
    before = stored("rate_limits", "browser_sessions", "events", "visits")
    for name, method, path, form, statuses in SENT:
        answer = people[name].send(method, path, form)
        assert answer.status_code in statuses, (method, path, form, answer.status_code)
    assert stored("rate_limits", "browser_sessions", "events", "visits") == before
