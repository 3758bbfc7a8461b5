"""Groups bring roles at once; what a directory writes is in the audit log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from planpush.accounts.groups import GroupMember, GroupRole
from planpush.accounts.identity import Identity, Profile, Refused
from planpush.accounts.user import User
from planpush.database.session import commit, db
from planpush.events.event import Event
from tests.people import person
from tests.scim.conftest import op, problem


@pytest.fixture
def mapped(app):
    """Group → role, as an admin mapped them."""
    with app.app_context():
        GroupRole.put("Admins", "admin", by=person("ada"))
        GroupRole.put("PMs", "project_manager", by=person("ada"))
        commit()


def roles(app, name):
    with app.app_context():
        return person(name).roles


def log(app):
    with app.app_context():
        query = sa.select(Event).where(Event.kind.like("scim.%")).order_by(Event.id)
        return [(one.kind, one.target, one.data) for one in db.session.scalars(query)]


def test_21_a_group_brings_its_role_on_the_next_request(app, directory, mapped, browser):
    bob, page = directory.id_of("bob"), browser("bob")
    group = directory.group("admins")
    assert page.get("/admin/members").status_code == 404
    directory.patch(f"/Groups/{group['id']}", op("add", "members", [{"value": bob}]))
    assert roles(app, "bob") == ["admin", "qa"]
    assert page.get("/admin/members").status_code == 200
    directory.patch(f"/Groups/{group['id']}", op("remove", f'members[value eq "{bob}"]'))
    assert roles(app, "bob") == ["qa"]
    assert page.get("/admin/members").status_code == 404


def test_21_renaming_and_deleting_a_group_count(app, directory, mapped):
    group = directory.group("Others", directory.id_of("bob"))
    path = f"/Groups/{group['id']}"
    directory.patch(path, op("replace", "displayName", "PMS"))
    assert roles(app, "bob") == ["project_manager", "qa"]
    directory.patch(path, op("replace", "displayName", "Admins"))
    assert roles(app, "bob") == ["admin", "qa"]
    assert directory.call("DELETE", path).status_code == 204
    assert roles(app, "bob") == ["qa"]


def test_32_the_last_admin_is_not_taken_out_of_the_group(app, directory, mapped):
    dan = directory.user()["id"]
    group = directory.group("Admins", dan)
    ada = f"/Users/{directory.id_of('ada')}"
    assert directory.patch(ada, op("replace", "active", False)).status_code in (200, 204)
    path = f"/Groups/{group['id']}"
    for answer in (
        directory.patch(path, op("remove", "members", [{"value": dan}])),
        directory.patch(path, op("replace", "displayName", "Others")),
        directory.patch(path, op("replace", "members", [])),
        directory.call("DELETE", path),
        directory.call("DELETE", f"/Users/{dan}"),
    ):
        assert (answer.status_code, problem(answer)) == (409, "")
    found = directory.get(path).json
    assert found["displayName"] == "Admins" and found["members"][0]["value"] == dan
    assert roles(app, "dan") == ["admin"]


def test_21_a_directory_grants_roles_of_ours_only(app, directory):
    told = [{"value": "Project manager"}, {"value": "wizard"}, {"value": '{"value": "qa"}'}]
    path = f"/Users/{directory.user(roles=told)['id']}"
    assert roles(app, "dan") == ["project_manager", "qa"]
    assert len(directory.get(path).json["roles"]) == 3
    directory.patch(path, op("replace", "roles", [{"value": "{"}]))
    assert roles(app, "dan") == []
    with app.app_context():
        person("dan").grant("developer", by=person("ada"))
        commit()
    directory.patch(path, op("add", "title", "x"))
    directory.patch(path, op("remove", "roles"))
    assert roles(app, "dan") == ["developer"]  # an admin gave it, no directory takes it


def test_29_a_deleted_person_is_gone_but_for_the_name(app, directory, mapped, plan):
    alice = directory.id_of("alice")
    group = directory.group("PMs", alice)
    with app.app_context():
        profile = Profile("github", "https://gh.test", "4", "alice", "A", "", False)
        Identity.connect(profile, to=person("alice"))
        commit()
    assert directory.call("DELETE", f"/Users/{alice}").status_code == 204
    assert directory.get(f"/Users/{alice}").status_code == 404
    assert directory.call("DELETE", f"/Users/{alice}").status_code == 404
    assert "members" not in directory.get(f"/Groups/{group['id']}").json
    again = directory.user("alice@example.com")
    assert again["id"] != alice
    with app.app_context():
        gone = db.session.get(User, int(alice))
        assert (gone.name, gone.active, gone.external_id) == ("Alice", False, None)
        assert gone.deleted_at is not None and not gone.awaits_identity


def test_29_30_who_was_deleted_comes_back_only_where_a_new_account_waits(app, directory, mapped):
    dan = directory.user("dan@example.com")["id"]
    directory.group("PMs", dan)
    profile = Profile("github", "https://gh.test", "4", "dan", "Dan", "dan@example.com", True)
    with app.app_context():
        assert Identity.arrive(profile).id == int(dan)
        commit()
    directory.call("DELETE", f"/Users/{dan}")
    with app.app_context(), pytest.raises(Refused, match="deleted"):
        Identity.arrive(profile)
    again = directory.user("dan@example.com")["id"]
    directory.group("Admins", again)
    with app.app_context():
        assert Identity.arrive(profile).id == int(again) != int(dan)
        assert [one.subject for one in Identity.of(person("dan"))] == ["4"]
        assert Identity.of(db.session.get(User, int(dan))) == []


def test_39_every_write_is_one_row(app, directory):
    dan = directory.user("dan@example.com", password="hunter2", title="x")["id"]
    directory.patch(f"/Users/{dan}", op("replace", "title", "y"))
    directory.patch(f"/Users/{dan}", op("replace", "title", "y"))
    group = directory.group("Developers", dan)["id"]
    directory.patch(f"/Groups/{group}", op("remove", "members", [{"value": dan}]))
    directory.call("DELETE", f"/Groups/{group}")
    directory.call("DELETE", f"/Users/{dan}")
    directory.get("/Users")
    found = log(app)
    assert [kind.removeprefix("scim.") for kind, _, _ in found] == [
        "user.created", "user.changed", "user.changed", "group.created", "group.changed",
        "group.deleted", "user.deleted",
    ]  # fmt: skip
    assert [data["changed"] for _, _, data in found[:3]][1:] == [["title"], []]
    assert {data["token"] for _, _, data in found} == {"Okta"}
    assert found[3][2]["joined"] == found[4][2]["left"] == ["dan@example.com"]
    assert "hunter2" not in str(found)


def test_21_writes_at_the_same_time_lose_nothing(app, directory, mapped):
    dan = directory.user()["id"]
    groups = [directory.group(f"Group {number}")["id"] for number in range(5)]
    groups.append(directory.group("PMs")["id"])
    people = [directory.id_of(name) for name in ("alice", "bob", "charlie", "pam")]
    moves = [(group, dan) for group in groups] + [(groups[0], one) for one in people]

    def move(pair):
        path, who = f"/Groups/{pair[0]}", [{"value": pair[1]}]
        return directory.patch(path, op("add", "members", who)).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(move, moves)) == {204}
    assert len(directory.get(f"/Users/{dan}").json["groups"]) == 6
    assert len(directory.get(f"/Groups/{groups[0]}").json["members"]) == 5
    with app.app_context():
        assert len(person("dan").group_names) == 6
        assert person("dan").roles == ["project_manager"]


def test_39_a_refused_write_is_one_row_too(app, directory):
    path = f"/Users/{directory.id_of('ada')}"
    assert directory.patch(path, op("replace", "active", False)).status_code == 409
    assert directory.call("POST", "/Users", {"userName": "ada@example.com"}).status_code == 409
    assert directory.get("/Users/999").status_code == 404
    assert log(app) == [
        ("scim.refused", f"PATCH /scim/v2{path}", {"token": "Okta"}),
        ("scim.refused", "POST /scim/v2/Users", {"token": "Okta"}),
    ]


def test_29_one_of_many_members_moves_without_reading_the_rest(app, directory):
    group = directory.group("All")["id"]
    with app.app_context():
        people = [User(email=f"p{number}@example.com", name="P") for number in range(500)]
        db.session.add_all(people)
        db.session.flush()
        rows = [{"group_id": int(group[1:]), "user_id": one.id} for one in people]
        db.session.execute(sa.insert(GroupMember), rows)
        commit()
        engine, seen = db.engine, []
    sa.event.listen(engine, "after_cursor_execute", lambda *said: seen.append(said[2]))
    alice = directory.id_of("alice")
    answer = directory.patch(f"/Groups/{group}", op("add", "members", [{"value": alice}]))
    assert answer.status_code == 204
    assert not [one for one in seen if "FROM group_members JOIN users" in one]
    assert len(directory.get(f"/Groups/{group}").json["members"]) == 501
