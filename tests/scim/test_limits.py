"""What SCIM refuses, and in which words."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from planpush.accounts.user import User
from planpush.database.session import commit, db
from planpush.scim import groups, storage, users
from tests.people import person
from tests.scim.conftest import USER, op, problem


def refused(answer, status, kind=""):
    assert (answer.status_code, problem(answer)) == (status, kind), answer.text


def test_32_a_user_name_is_taken_in_any_case(directory):
    directory.user("dan@example.com")
    body = {"userName": "DAN@Example.com"}
    refused(directory.call("POST", "/Users", body), 409, "uniqueness")
    alice = f"/Users/{directory.id_of('alice')}"
    refused(directory.patch(alice, op("replace", "userName", "Dan@example.com")), 409, "uniqueness")
    refused(directory.call("PUT", alice, body), 409, "uniqueness")


def test_32_a_group_name_is_taken_in_any_case(directory):
    directory.group("Developers")
    refused(directory.call("POST", "/Groups", {"displayName": "DEVELOPERS"}), 409, "uniqueness")
    other = directory.group("Others")
    renaming = op("replace", "displayName", "developers")
    refused(directory.patch(f"/Groups/{other['id']}", renaming), 409, "uniqueness")


def test_32_a_bad_filter_is_named(directory):
    for text in ("foo", "userName eq", 'nothing eq "x"', "userName eq 5", "(", '"'):
        refused(directory.get(f"/Users?filter={text}"), 400, "invalidFilter")


def test_32_what_is_read_only_stays(directory):
    alice = f"/Users/{directory.id_of('alice')}"
    for path in ("id", "groups", "meta.created"):
        refused(directory.patch(alice, op("replace", path, "x")), 400, "mutability")


def test_32_unknown_ids_are_404(directory):
    for number in ("999", "0", "01", "-1", "x", "9" * 40, "%00", "1%20", "²", "g1"):
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            body = {"Operations": [op("add", "title", "x")], "userName": "x@example.com"}
            answer = directory.call(method, f"/Users/{number}", body if method[0] == "P" else None)
            refused(answer, 404)
    refused(directory.get("/Groups/1"), 404)
    refused(directory.get("/Nothing"), 404)


def test_32_at_most_200_come_at_once(app, directory):
    with app.app_context():
        db.session.add_all(
            User(email=f"p{number:03}@example.com", name=f"P{number}") for number in range(205)
        )
        commit()
    for query in (
        "count=1000",
        "",
        "count=1000&filter=active eq true",
        "count=500&sortBy=userName",
    ):
        found = directory.get(f"/Users?{query}").json
        assert (found["itemsPerPage"], found["totalResults"]) == (200, 210), query
        assert len(found["Resources"]) == 200
    rest = directory.get("/Users?startIndex=201&count=200").json
    assert (rest["startIndex"], rest["itemsPerPage"]) == (201, 10)
    assert directory.get("/Users?count=0").json["itemsPerPage"] == 0


def test_32_more_than_a_megabyte_is_refused(directory):
    body = {"userName": "dan@example.com", "title": "x" * 1_000_001}
    refused(directory.call("POST", "/Users", body), 413)


def test_32_other_media_and_methods_are_refused(directory):
    send = directory.app.test_client().open
    headers = {"Authorization": f"Bearer {directory.token}"}
    for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = send(
            "/scim/v2/Users", method="POST", data="{}", content_type=media, headers=headers
        )
        refused(answer, 415)
    answer = directory.call("PUT", "/Users", {})
    refused(answer, 405)
    assert "POST" in answer.headers["Allow"]
    refused(directory.call("POST", "/Bulk", {}), 501)
    refused(send("/scim/v1/Users", headers=headers), 404)
    refused(send("/scim/v2/Users", method="TRACE", headers=headers), 405)


def test_32_what_is_no_json_object_is_400(directory):
    headers = {"Authorization": f"Bearer {directory.token}"}
    sent = {"headers": headers, "content_type": "application/scim+json"}
    send = directory.app.test_client().open
    for body in ("{", "[]", '"x"', "", '{"userName":"\\ud800@x"}', "\xff", "[" * 5000):
        data = body.encode("latin-1")
        for method, path in (("POST", "Users"), ("PATCH", "Users/1"), ("POST", "Groups/.search")):
            answer = send(f"/scim/v2/{path}", method=method, data=data, **sent)
            assert answer.status_code == 400 and problem(answer), (method, body)


NOT_KEPT = [
    {"userName": "a\x00@example.com"},
    {"userName": "dan@example.com", "title": "\x00"},
    {"userName": "dan@example.com", "externalId": "x" * 256},
    {"userName": "dan@example.com", "title": "x" * 70_000},
    {"userName": "dan@example.com", "active": "perhaps"},
    {"userName": "dan@example.com", "emails": "nothing", "name": 5},
    {"userName": ["a", "b"]},
    {"displayName": "nobody"},
    {"userName": " "},
]


def test_32_what_cannot_be_kept_is_400(directory):
    for body in NOT_KEPT:
        answer = directory.call("POST", "/Users", {"schemas": [USER]} | body)
        refused(answer, 400, "invalidValue")
        assert "http" not in answer.json["detail"]


def test_32_a_group_has_a_name(directory):
    for name in ("", "x" * 201, "a\x00b", "ΐ" * 180, "two\nlines"):
        body = {"displayName": name}
        refused(directory.call("POST", "/Groups", body), 400, "invalidValue")


def test_32_the_last_admin_stays(app, directory):
    ada, alice = directory.id_of("ada"), directory.id_of("alice")
    path = f"/Users/{ada}"
    refused(directory.patch(path, op("replace", "active", False)), 409)
    refused(directory.call("DELETE", path), 409)
    directory.patch(f"/Users/{alice}", op("add", "roles", [{"value": "admin"}]))
    assert directory.patch(path, op("replace", "active", False)).status_code in (200, 204)
    refused(directory.patch(f"/Users/{alice}", op("remove", "roles")), 409)
    with app.app_context():
        assert person("alice").roles == ["admin", "developer"]


def test_32_odd_texts_in_filters_are_no_trouble(directory):
    for text in ("\\u0000", "\\ud800", "%", "'", "é", "\\\\", "x" * 5000):
        for name in ("userName", "externalId", "id", "displayName"):
            answer = directory.get(f'/Users?filter={name} eq "{text}"')
            assert answer.status_code in (200, 400), text
    for glue in (" and ", " or "):
        body = {"filter": glue.join(['userName eq "ada@example.com"'] * 1500)}
        assert directory.call("POST", "/Users/.search", body).json["totalResults"] == 1


def test_27_a_version_that_is_not_the_newest_is_412(directory):
    made = directory.user()
    path, old = f"/Users/{made['id']}", made["meta"]["version"]
    assert directory.get(path, If_None_Match=old).status_code == 304
    assert directory.patch(path, op("add", "title", "x"), If_Match=old).status_code == 204
    refused(directory.patch(path, op("add", "title", "y"), If_Match=old), 412)
    refused(directory.call("DELETE", path, If_Match=old), 412)
    assert directory.get(path).headers["ETag"] == directory.get(path).json["meta"]["version"] != old


@pytest.mark.parametrize(
    ("error", "status"),
    [(RuntimeError("secret"), 500), (OperationalError("SELECT 1", {}, Exception("locked")), 503)],
)
def test_31_trouble_of_ours_is_told_in_scims_words(directory, monkeypatch, error, status):
    def fail(*_):
        raise error

    monkeypatch.setattr(users, "shown", fail)
    answer = directory.get("/Users")
    refused(answer, status)
    assert "secret" not in answer.text and "SELECT" not in answer.text
    assert status == 500 or answer.headers["Retry-After"]


def test_32_a_race_for_a_name_is_409(directory, monkeypatch):
    monkeypatch.setattr(users, "_refuse_taken", lambda *_, **__: None)
    alice = f"/Users/{directory.id_of('alice')}"
    answer = directory.patch(alice, op("replace", "userName", "bob@example.com"))
    refused(answer, 409, "uniqueness")


def test_32_what_would_be_compared_one_by_one_has_an_end(directory, monkeypatch):
    monkeypatch.setattr(storage, "_EFFORT", 1)
    refused(directory.get('/Users?filter=title co "x"'), 400, "tooMany")
    refused(directory.get("/Users?sortBy=title"), 400, "tooMany")
    assert directory.get("/Users").status_code == 200


def test_32_so_many_join_or_leave_with_one_request(directory, monkeypatch):
    ids = [directory.user(f"p{n}@example.com")["id"] for n in range(3)]
    monkeypatch.setattr(groups, "MOST_MOVED", 2)
    group = directory.group("Team", *ids[:2])
    all_of_them = op("replace", "members", [{"value": one} for one in ids])
    assert directory.patch(f"/Groups/{group['id']}", all_of_them).status_code in (200, 204)
    refused(directory.patch(f"/Groups/{group['id']}", op("remove", "members")), 413)
    many = [op("add", "members", [{"value": ids[0]}])] * 501
    refused(directory.patch(f"/Groups/{group['id']}", *many), 400, "invalidValue")


def test_32_pages_start_at_one_and_count_in_integers(directory):
    first = directory.get("/Users?startIndex=0&count=2").json
    assert first["startIndex"] == 1 and len(first["Resources"]) == 2
    second = directory.get("/Users?startIndex=3&count=2").json
    assert second["startIndex"] == 3
    assert not {one["id"] for one in first["Resources"]} & {
        one["id"] for one in second["Resources"]
    }
    assert directory.get("/Users?startIndex=99999999999999999999").json["itemsPerPage"] == 0
    refused(directory.get("/Users?count=x"), 400, "invalidValue")
