"""One's own data as a file: all of it, nothing of others, no secret; and the log knows."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest

from planpush.privacy.personal_data import FILES


def opened(answer):
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    return zipfile.ZipFile(io.BytesIO(answer.data))


def read(packed, name):
    return json.loads(packed.read(f"{name}.json"))


@pytest.fixture
def spoken(plan, browser):
    """Bob commented on alice's plan, and alice answered him."""
    bob = browser("bob")
    bob.send("POST", "/p/auth/threads", {"body": "Why, @Alice?", "anchor": "intro"})
    return bob


def test_a_person_downloads_their_own(spoken, browser):
    packed = opened(browser("alice").get("/settings/profile/data"))
    names = {f"{name}.json" for name in FILES}
    assert set(packed.namelist()) == names | {"README.txt", "profile.json", "plans/auth.html"}
    assert packed.testzip() is None
    assert read(packed, "profile")["email"] == "alice@example.com"
    assert [one["slug"] for one in read(packed, "plans")] == ["auth"]
    assert "Tokens rotate" in packed.read("plans/auth.html").decode()
    assert [one["body"] for one in read(packed, "mentions")] == ["Why, @Alice?"]
    assert read(packed, "comments") == []
    assert "version.pushed" in {one["kind"] for one in read(packed, "activity")}


def test_it_holds_their_words_no_plan_of_others_and_no_secret(spoken, agent):
    agent("bob", "GET", "/api/plans")
    packed = opened(spoken.get("/settings/profile/data"))
    assert [one["body"] for one in read(packed, "comments")] == ["Why, @Alice?"]
    assert [one["provider"] for one in read(packed, "sessions")] == ["local"]
    assert read(packed, "plans") == [] and "plans/auth.html" not in packed.namelist()
    whole = b"".join(packed.read(name) for name in packed.namelist()).decode()
    assert read(packed, "tokens")[0]["name"] == "test"
    assert not re.search(r'"[a-z_]*(hash|sealed|sid|secret)[a-z_]*":', whole)


def test_an_admin_downloads_anybodys_and_the_log_says_so(plan, browser, app):
    ada = browser("ada")
    members = ada.get("/admin/members?q=bob").text
    address = members.partition('href="/admin/members/')[2].partition("/")[0]
    packed = opened(ada.get(f"/admin/members/{address}/data"))
    assert read(packed, "profile")["email"] == "bob@example.com"
    log = ada.get("/admin/audit.json?q=action:user.exported").json
    assert [(one["actor"], one["object"]) for one in log] == [
        ("ada@example.com", "bob@example.com")
    ]


def test_of_plans_that_they_may_not_see_any_more_only_their_words_are_in_it(spoken, browser):
    alice, names = browser("alice"), ("threads", "activity", "notices", "turns")
    alice.send("POST", "/p/auth/threads", {"body": "And you, @Bob?", "anchor": "intro"})
    packed = opened(spoken.get("/settings/profile/data"))
    assert all("auth" in packed.read(f"{name}.json").decode() for name in names[:3])
    alice.send("DELETE", "/p/auth/reviewers", {"email": "bob@example.com"})
    assert spoken.get("/p/auth").status_code == 404
    packed = opened(spoken.get("/settings/profile/data"))
    assert [one["body"] for one in read(packed, "comments")] == ["Why, @Alice?"]
    assert [name for name in names if "auth" in packed.read(f"{name}.json").decode()] == []


def test_whoever_reads_a_copy_slowly_holds_no_second_connection(plan, browser):
    ada = browser("ada")
    slow = ada.get("/settings/profile/data")
    refused = ada.get("/settings/profile/data")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
    opened(browser("alice").get("/settings/profile/data"))
    slow.close()
    opened(ada.get("/settings/profile/data"))
