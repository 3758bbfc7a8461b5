"""What Okta and Entra really send, for people and for groups."""

from __future__ import annotations

import json

import pytest

from tests.scim.conftest import ENTERPRISE, GROUP, USER, op, problem

E = ENTERPRISE
MANAGER = f"{E}:manager"
CASES = [
    (op("replace", None, {"displayName": "Q"}), "displayName", "Q"),
    (op("Replace", "displayName", "Q"), "displayName", "Q"),
    (op("Add", "displayName", "Q"), "displayName", "Q"),
    (op("Replace", "displayName", [{"$ref": None, "value": "Q"}]), "displayName", "Q"),
    (op("replace", None, {"name.familyName": "X"}), "name", "X"),
    (op("Replace", "name.familyName", "X"), "name", "X"),
    (op("Add", "name.givenName", "X"), "name", "X"),
    (op("replace", None, {"name": {"familyName": "X"}}), "name", "X"),
    (op("Replace", "externalId", "E7"), "externalId", "E7"),
    (op("Add", "title", "Lead"), "title", "Lead"),
    (op("Add", 'emails[type eq "work"].value', "w@x.local"), "emails", "w@x.local"),
    (op("Replace", 'emails[type eq "home"].value', "h@x.io"), "emails", "h@x.io"),
    (op("Replace", 'phoneNumbers[type eq "mobile"].value', "12"), "phoneNumbers", "12"),
    (op("Add", 'addresses[type eq "work"].country', "DE"), "addresses", "DE"),
    (op("Replace", f"{E}:department", "R&D"), E, "R&D"),
    (op("replace", None, {f"{E}:department": "R&D"}), E, "R&D"),
    (op("replace", None, {E: {"department": "R&D"}}), E, "R&D"),
    (op("Add", MANAGER, "77"), E, "77"),
    (op("Add", MANAGER, {"value": "77"}), E, "77"),
    (op("Add", MANAGER, {"value": "77", "$ref": None}), E, "77"),
    (op("Add", MANAGER, {"value": "77", "$ref": "../Users/77", "displayName": "M"}), E, "77"),
    (op("Add", MANAGER, [{"value": "77", "$ref": "http://localhost/scim/v2/Users/77"}]), E, "77"),
    (op("Replace", "manager", "77"), "userName", "@"),  # no such attribute: taken, not kept
    (op("Add", 'roles[primary eq "True"].value', "qa"), "roles", "qa"),
    (op("Replace", "roles", "qa"), "roles", "qa"),
    (op("Add", "roles", [{"value": "qa", "primary": "True"}]), "roles", "qa"),
]


@pytest.fixture
def dan(directory):
    name = {"givenName": "Dan", "familyName": "Lee"}
    return directory.user(name=name, displayName="Dan Lee", title="Dev")


def test_29_a_users_attribute_is_changed(directory):
    for number, (operation, name, value) in enumerate(CASES):
        dan = directory.user(f"dan{number}@example.com", name={"familyName": "Lee"})
        path = f"/Users/{dan['id']}"
        answer = directory.patch(path, operation)
        assert answer.status_code in (200, 204), (operation, answer.text)
        found = directory.get(path).json
        assert value in str(found[name]), operation
        assert found["userName"] == dan["userName"], operation


def test_29_active_comes_as_a_string_too(directory, dan):
    path = f"/Users/{dan['id']}"
    for value in ("False", "false", False, [{"value": "False"}], {"value": False}):
        directory.patch(path, op("Replace", "active", value))
        assert directory.get(path).json["active"] is False, value
        directory.patch(path, op("Replace", "active", "True"))
        assert directory.get(path).json["active"] is True


def test_29_an_attribute_is_removed(directory, dan):
    path = f"/Users/{dan['id']}"
    for value in ((), (None,), ("",), ("Dev",)):
        directory.patch(path, op("Add", "title", "Dev"))
        assert directory.patch(path, op("Remove", "title", *value)).status_code in (200, 204)
        assert "title" not in directory.get(path).json, value


def test_29_put_takes_what_get_gave(directory, dan):
    directory.group("Developers", dan["id"])
    path = f"/Users/{dan['id']}"
    found = directory.get(path).json
    found["groups"][0]["$ref"] = None
    answer = directory.call("PUT", path, found | {"active": "True", "title": "Lead"})
    assert answer.status_code == 200 and answer.json["title"] == "Lead"
    assert answer.json["id"] == dan["id"] and answer.json["groups"][0]["display"] == "Developers"


def test_29_addresses_of_inner_domains_are_taken(directory):
    made = directory.user("dan@corp.local", emails=[{"value": "dan@corp.local", "primary": True}])
    assert made["userName"] == made["emails"][0]["value"] == "dan@corp.local"


def test_29_foreign_schemas_are_taken_and_not_echoed(directory):
    foreign = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"
    more = {"schemas": [USER, ENTERPRISE, foreign], foreign: {"badge": 7}, "shoe": 44}
    made = directory.user("dan@example.com", **more)
    assert made["schemas"] == [USER] and foreign not in made and "shoe" not in made
    operation = {"op": "Add", "path": f"{foreign}:badge", "value": "8"}
    assert directory.patch(f"/Users/{made['id']}", operation).status_code in (200, 204)


def test_29_a_password_is_taken_and_never_told(directory):
    made = directory.user("dan@example.com", password="Tr0ub4dor&3")
    path = f"/Users/{made['id']}"
    directory.patch(path, {"op": "replace", "value": {"password": "Tr0ub4dor&4"}})
    assert "password" not in made
    assert "Tr0ub4dor" not in directory.get(f"{path}?attributes=password").text


def members(directory, group):
    found = directory.get(f"/Groups/{group['id']}").json
    return [one["value"] for one in found.get("members", [])]


A, B = {"value": "ALICE"}, {"value": "BOB"}
MOVES = [
    (op("Add", "members", [B]), "AB"),
    (op("add", "members", [B | {"$ref": None, "display": "b"}]), "AB"),
    (op("add", "members", [A, B]), "AB"),
    (op("add", "members", B), "AB"),
    (op("add", None, {"members": [B]}), "AB"),
    (op("Add", f"{GROUP}:members", [B]), "AB"),
    (op("replace", "members", [B]), "B"),
    (op("Replace", None, {"members": [B]}), "B"),
    (op("replace", "members", []), ""),
    (op("remove", 'members[value eq "ALICE"]'), ""),
    (op("Remove", 'members[value eq "BOB"]'), "A"),
    (op("Remove", "members", [A]), ""),
    (op("Remove", "members", [A | {"$ref": None, "display": "somebody else"}]), ""),
    (op("Remove", "members", [B]), "A"),
    (op("remove", "members"), ""),
]


def test_29_members_come_and_go(directory):
    ids = {"ALICE": directory.id_of("alice"), "BOB": directory.id_of("bob")}
    for number, (operation, left) in enumerate(MOVES):
        group = directory.group(f"Group {number}", ids["ALICE"])
        sent = json.dumps(operation)
        for name, number in ids.items():
            sent = sent.replace(name, number)
        answer = directory.patch(f"/Groups/{group['id']}", json.loads(sent))
        assert answer.status_code in (200, 204), (sent, answer.text)
        wanted = [number for name, number in ids.items() if name[0] in left]
        assert members(directory, group) == wanted, sent


def test_29_a_group_is_renamed(directory):
    alice = directory.id_of("alice")
    for operation in (
        op("Replace", "displayName", "QA"),
        op("replace", None, {"displayName": "QA"}),
    ):
        group = directory.group("Developers", alice, externalId="x1")
        path = f"/Groups/{group['id']}"
        assert directory.patch(path, operation).status_code in (200, 204)
        assert directory.get(f"/Users/{alice}").json["groups"][0]["display"] == "QA"
        assert members(directory, group) == [alice]
        directory.call("DELETE", path)


def test_29_put_of_a_group_takes_what_get_gave(directory):
    group = directory.group("Developers", directory.id_of("alice"))
    found = directory.get(f"/Groups/{group['id']}").json
    found["members"].append({"value": directory.id_of("bob"), "$ref": None})
    assert directory.call("PUT", f"/Groups/{group['id']}", found).status_code == 200
    assert len(members(directory, group)) == 2


def test_29_excluded_members_are_not_even_read(directory):
    group = directory.group("Developers", directory.id_of("alice"))
    one = directory.get(f"/Groups/{group['id']}?excludedAttributes=members").json
    query = 'filter=displayName eq "developers"&excludedAttributes=members'
    listed = directory.get(f"/Groups?{query}").json["Resources"]
    assert "members" not in one and listed[0]["id"] == group["id"] and "members" not in listed[0]


def test_29_a_member_that_is_nobody_is_refused(directory):
    group = directory.group("Developers")
    for who in ("999", group["id"], "x", "0", "9" * 40):
        operation = {"op": "add", "path": "members", "value": [{"value": who}]}
        answer = directory.patch(f"/Groups/{group['id']}", operation)
        assert (answer.status_code, problem(answer)) == (400, "invalidValue")
