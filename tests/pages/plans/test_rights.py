"""Who decides about a plan: owner, admins and project managers; who only sees it may not."""

import pytest

from tests.conftest import invite

QUIET = ("rate_limits", "browser_sessions", "events", "visits")
BOB, PAM = {"email": "bob@example.com"}, {"email": "pam@example.com"}
DECISIONS = [
    ("POST", "publication", {}), ("DELETE", "publication", {}),
    ("POST", "archive", {}), ("DELETE", "archive", {}),
    ("POST", "owner", BOB), ("POST", "slack-channel", {"channel": "design"}),
    ("POST", "editors", PAM), ("DELETE", "editors", BOB), ("POST", "deletion", {}),
]  # fmt: skip
PAGES = ("owner", "slack-channel", "deletion")


@pytest.mark.parametrize("kind", ["editor", "reviewer", "published"])
def test_who_only_sees_a_plan_decides_nothing(app, browser, plan, stored, kind):
    if kind == "published":
        browser("alice").send("POST", f"/p/{plan}/publication")
    else:
        invite(app, plan, "charlie", kind)
    charlie = browser("charlie")
    text, before = charlie.get(f"/p/{plan}").text, stored(*QUIET)
    for path in ("publication", "archive", *PAGES):
        assert f"/p/{plan}/{path}" not in text, path
    for path in PAGES:
        assert charlie.get(f"/p/{plan}/{path}").status_code == 403, path
    for method, path, form in DECISIONS:
        for htmx in (True, False):
            answer = charlie.send(method, f"/p/{plan}/{path}", form, htmx=htmx)
            assert answer.status_code == 403, (method, path)
    assert stored(*QUIET) == before


@pytest.mark.parametrize("name", ["alice", "ada", "pam"])
def test_owner_admin_and_project_manager_publish_archive_and_hand_over(browser, plan, name):
    somebody, charlie, page = browser(name), browser("charlie"), f"/p/{plan}"
    for method, status, word, seen in (
        ("POST", 201, "Published", 200),
        ("DELETE", 200, "Pri", 404),
    ):
        answer = somebody.send(method, f"{page}/publication")
        assert answer.status_code == status and word in answer.text
        assert "<html" not in answer.text and 'hx-target="#pp-bar"' in answer.text
        assert charlie.get(page).status_code == seen
    for method, status, away in (("POST", 201, True), ("DELETE", 200, False)):
        answer = somebody.send(method, f"{page}/archive")
        assert answer.status_code == status and ("This plan is archived" in answer.text) is away
        assert (page in somebody.get("/dashboard/plans?q=").text) is not away
        assert (page in somebody.get("/dashboard/plans?q=is:archived").text) is away
    assert f'href="{page}/owner"' in somebody.get(page).text
    assert 'name="email"' in somebody.get(f"{page}/owner").text
    answer = somebody.send("POST", f"{page}/owner", BOB, htmx=False)
    assert (answer.status_code, answer.location) == (303, page)
    assert "<dt>Owner</dt><dd>Bob</dd>" in browser("alice").get(page).text


def test_what_is_decided_is_recorded_once(browser, plan, stored):
    alice = browser("alice")
    for path in ("publication", "archive"):
        for method in ("POST", "POST", "DELETE"):
            assert alice.send(method, f"/p/{plan}/{path}").status_code < 300
    assert alice.send("POST", f"/p/{plan}/owner", BOB).status_code == 200
    events = " ".join(stored()["events"])
    for kind in ("published", "unpublished", "archived", "unarchived", "handed_over"):
        assert events.count(f"plan.{kind}'") == 1, kind
    text = browser("ada").get("/admin/audit").text
    assert "Archived a plan" in text and "Took a plan out of the archive" in text
