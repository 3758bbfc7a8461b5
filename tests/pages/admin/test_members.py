"""Members: found, given roles, added."""

import re

import pytest

from planpush.accounts.directory import PAGE
from planpush.accounts.groups import GroupRole
from planpush.accounts.user import User
from planpush.database.session import commit, db
from tests.people import person


def names(answer):
    return re.findall(r'<div class="grow"><b>([^<]+)</b>', answer.text)


FOUND = [
    ("", ["Ada", "Alice", "Bob", "Charlie", "Pam"]),
    ("q=ALI", ["Alice"]),
    ("q=bob@example", ["Bob"]),
    ("q=a+example", ["Ada", "Alice", "Bob", "Charlie", "Pam"]),
    ("q=%25", []),
    ("role=developer", ["Alice", "Charlie"]),
    ("role=none", []),
    ("status=active&role=admin", ["Ada"]),
    ("status=deactivated", ["Charlie"]),
    ("status=scim", ["Bob"]),
    ("status=new", ["Alice", "Bob", "Charlie", "Pam"]),
    ("sort=newest", ["Pam", "Ada", "Charlie", "Bob", "Alice"]),
    ("q=e&sort=email&page=9", ["Ada", "Alice", "Bob", "Charlie", "Pam"]),
]


def test_people_are_found_and_filtered(ada, sql):
    for query, found in FOUND:
        sql("UPDATE users SET active = :no WHERE name = 'Charlie'", no=False)
        sql("UPDATE users SET external_id = 'x' WHERE name = 'Bob'")
        assert names(ada.get(f"/admin/members?{query}")) == found, (query, found)


def test_many_people_come_page_by_page_with_as_many_queries(app, ada, count):
    few = count(lambda: ada.get("/admin/members"))
    for at in range(PAGE + 10):
        db.session.add(User(email=f"p{at:03}@x.example", name=f"<i>P</i> {at:03}", roles=["qa"]))
    commit()
    assert count(lambda: ada.get("/admin/members")) == few
    second = ada.get("/admin/members?page=2")
    assert len(re.findall("&lt;i&gt;P", second.text)) >= 15 and "<i>P" not in second.text
    assert f"{PAGE + 1} to {PAGE + 15} of {PAGE + 15}" in second.text
    assert 'rel="prev"' in second.text and 'rel="next"' not in second.text


def test_a_row_says_where_a_role_comes_from_and_what_is_open(app, ada, agent, browser):
    browser("bob")
    agent("bob", "GET", "/api/plans")
    with app.app_context():
        bob = person("bob")
        bob.group_names = ["platform"]
        GroupRole.put("Platform", "project_manager", by=person("ada"))
        commit()
    text = ada.get("/admin/members?q=bob").text
    assert "Project manager in force; groups bring Project manager" in text
    assert "1 session, 1 token" in text


def test_39_a_role_is_given_and_binds_the_next_request(ada, browser, member, plan, logged):
    charlie = browser("charlie")
    assert charlie.get(f"/p/{plan}").status_code == 404
    answer = ada.send("PATCH", member("charlie"), {"role": "project_manager"})
    assert answer.status_code == 200
    assert answer.text.startswith('<tr id="pp-member-')
    assert charlie.get(f"/p/{plan}").status_code == 200
    assert logged("role.changed") == [("Ada", "charlie@example.com")]


@pytest.mark.parametrize("htmx", [True, False])
def test_39_the_last_active_admin_stays_one_and_the_row_says_so(ada, member, logged, htmx):
    answer = ada.send("PATCH", member("ada"), {"role": "qa"}, htmx=htmx)
    assert answer.status_code == 409
    assert "There must be one active admin" in answer.text
    assert ada.get("/admin/members").status_code == 200
    assert logged("role.changed") == []
    assert logged("role.change_failed") == [("Ada", "ada@example.com")]


def test_somebody_who_is_not_there_is_404(ada, sql):
    sql("UPDATE users SET deleted_at = created_at WHERE name = 'Bob'")
    assert ada.send("PATCH", "/admin/members/2", {"role": "qa"}).status_code == 404
    assert ada.send("PATCH", "/admin/members/999", {"role": "qa"}).status_code == 404


def test_39_a_person_is_added(app, ada, logged):
    form = {"name": "Eve", "email": " Eve@Example.com ", "role": "qa"}
    answer = ada.send("POST", "/admin/members", form, htmx=False)
    assert (answer.status_code, answer.location) == (303, "/admin/members?q=eve%40example.com")
    assert ("Ada", "eve@example.com") in logged("user.added")
    with app.app_context():
        eve = person("eve")
        assert (eve.roles, eve.awaits_identity) == (["qa"], True)


WRONG = [
    ({"email": "eve"}, "email"),
    ({"email": "bob@example.com"}, "email"),
    ({"role": "king"}, "role"),
    ({"name": "x\ny"}, "name"),
]


def test_a_person_who_cannot_be_added_is_422_with_what_was_typed(ada):
    for change, field in WRONG:
        form = {"name": "Eve & Co", "email": "eve@example.com", "role": "qa"} | change
        answer = ada.send("POST", "/admin/members", form, htmx=False)
        assert answer.status_code == 422, (change, field)
        assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', answer.text)
        assert field == "name" or "Eve &amp; Co" in answer.text
