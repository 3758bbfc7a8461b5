"""Okta's published SCIM 2.0 test, request by request, with its assertions."""

from __future__ import annotations

import secrets

import pytest

from tests.scim.conftest import ERROR, LIST, USER, problem


@pytest.fixture
def dan(directory):
    return directory.user("dan@example.com", name={"givenName": "Dan", "familyName": "Lee"})


def is_user(found):
    assert found["id"] and found["userName"] and isinstance(found["active"], bool)
    assert found["name"]["familyName"] and found["name"]["givenName"]
    assert found["emails"][0]["value"] and USER in found["schemas"]


def new(**more):
    word = secrets.token_hex(4)
    return {
        "schemas": [USER],
        "userName": f"Runscope300{word}@example.com",
        "name": {"familyName": "Wave", "givenName": "Okta"},
        "emails": [{"primary": True, "value": f"{word}@example.com", "type": "work"}],
        "displayName": "Okta Wave",
        "active": True,
    } | more


def is_list(answer):
    assert answer.status_code == 200
    assert LIST in answer.json["schemas"]
    assert type(answer.json["itemsPerPage"]) is int
    assert type(answer.json["startIndex"]) is int
    assert type(answer.json["totalResults"]) is int
    assert isinstance(answer.json["Resources"], list)


def test_28_users_come_as_a_list_of_one(directory):
    made = directory.call("POST", "/Users", new()).json
    answer = directory.get("/Users?count=1&startIndex=1")
    is_list(answer)
    assert len(answer.json["Resources"]) == answer.json["itemsPerPage"] == 1
    last = directory.get(f"/Users?count=1&startIndex={answer.json['totalResults']}")
    assert last.json["Resources"][0]["id"] == made["id"]
    is_user(last.json["Resources"][0])


def test_28_a_user_is_got_by_id(directory, dan):
    answer = directory.call("POST", "/Users", new())
    found = directory.get(f"/Users/{answer.json['id']}")
    assert found.status_code == 200
    is_user(found.json)
    assert found.json["id"] == answer.json["id"]


def test_28_an_unknown_user_name_finds_nothing(directory):
    answer = directory.get('/Users?filter=userName eq "abcdefgh@atko.com"')
    is_list(answer)
    assert answer.json["totalResults"] == 0 and answer.json["Resources"] == []


@pytest.mark.parametrize("name", ["dan@example.com", "DAN@Example.com"])
def test_28_a_known_user_name_finds_its_user(directory, dan, name):
    answer = directory.get(f'/Users?filter=userName eq "{name}"')
    is_list(answer)
    assert [one["id"] for one in answer.json["Resources"]] == [dan["id"]]


def test_28_an_unknown_id_is_404_in_scims_own_words(directory):
    answer = directory.get("/Users/010101001010101011001010101011")
    assert answer.status_code == 404
    problem(answer)
    assert answer.json["schemas"] == [ERROR] and answer.json["detail"]


def test_28_a_user_is_made_found_and_not_made_again(directory):
    body = new()
    made = directory.call("POST", "/Users", body)
    assert made.status_code == 201
    is_user(made.json)
    assert made.json["userName"] == body["userName"]
    assert made.json["name"] == body["name"] and made.json["active"] is True
    assert made.headers["Location"] == made.json["meta"]["location"]
    assert directory.get(f"/Users/{made.json['id']}").json == made.json
    again = directory.call("POST", "/Users", body | {"userName": body["userName"].upper()})
    assert (again.status_code, problem(again)) == (409, "uniqueness")


def test_28_groups_come_as_a_list(directory):
    directory.group("Developers")
    answer = directory.get("/Groups?count=100&startIndex=1")
    is_list(answer)
    assert answer.json["Resources"][0]["displayName"] == "Developers"


def test_28_the_tests_of_the_runtime_collection(directory, dan):
    """Okta's life cycle: read, replace, deactivate, reactivate, group push."""
    path, body = f"/Users/{dan['id']}", dan | {"displayName": "Daniel"}
    assert directory.call("PUT", path, body).json["displayName"] == "Daniel"
    off = directory.patch(path, {"op": "replace", "value": {"active": False}})
    assert off.status_code in (200, 204) and directory.get(path).json["active"] is False
    directory.patch(path, {"op": "replace", "value": {"active": True}})
    assert directory.get(path).json["active"] is True
    group = directory.group("Pushed", dan["id"])
    renamed = {"op": "replace", "value": {"id": group["id"], "displayName": "Pushed 2"}}
    assert directory.patch(f"/Groups/{group['id']}", renamed).status_code in (200, 204)
    assert directory.get(path).json["groups"][0]["display"] == "Pushed 2"
    assert directory.call("DELETE", f"/Groups/{group['id']}").status_code == 204
    assert "groups" not in directory.get(path).json
