"""Connecting and disconnecting: only by a form of one's own, never by somebody else's page."""

import pytest
import sqlalchemy as sa

from planpush.accounts.identity import Identity, Profile
from planpush.database.session import db
from planpush.signin.sign_in import admit, begin
from tests.people import SAME_ORIGIN, Browser, person

OCTO = Profile("github", "https://github.com", "4", "octo", "Octo", "octo@example.com", True)
PATH = "/settings/profile/identities"


@pytest.fixture
def there(another):
    """The same data, where GitHub and Okta are set up; a sign-in comes back as OCTO at once."""
    made = another(
        github_client_id="i", github_client_secret="s", github_org="acme",
        okta_issuer="https://id.example.com", okta_client_id="c",
    )  # fmt: skip

    def set_out():
        begin("")
        return "set out"

    set_out.public = True
    made.view_functions["github.login"] = set_out

    def come_back():
        return admit(OCTO)

    come_back.public = True
    made.view_functions["github.authorized"] = come_back
    return made


@pytest.fixture
def alice(there):
    """Alice at her browser."""
    return Browser(there, "alice")


def owners(app):
    with app.app_context():
        return [one.user.email for one in db.session.scalars(sa.select(Identity))]


def connect(somebody, provider="github", **headers):
    return somebody.send("POST", PATH, {"provider": provider}, htmx=False, **headers)


def round_trip(somebody, **headers):
    somebody.get("/sign-in/github", headers=headers)
    return somebody.get("/sign-in/github/authorized")


def test_16_a_connected_account_signs_in_and_alice_stays_alice(there, alice):
    assert connect(alice).location == "/sign-in/github"
    assert round_trip(alice).location == "/settings/profile"
    assert owners(there) == ["alice@example.com"]
    assert "octo" in alice.get("/settings/profile").text
    stranger = there.test_client()
    stranger.get("/sign-in/github")
    assert stranger.get("/sign-in/github/authorized").status_code == 302
    assert "alice@example.com" in stranger.get("/dashboard").text


@pytest.mark.parametrize("way", ["no wish", "a later attempt", "another site", "too late"])
def test_16_only_a_fresh_wish_of_ones_own_for_this_attempt_links(there, alice, monkeypatch, way):
    headers = {"Sec-Fetch-Site": "cross-site"} if way == "another site" else {}
    if way != "no wish":
        connect(alice)
    if way == "a later attempt":
        alice.get("/sign-in/github")
    if way == "too late":
        monkeypatch.setattr("planpush.signin.sign_in._MOMENT", -1)
    round_trip(alice, **headers)
    assert owners(there) == ["octo@example.com"]  # an account of its own


def test_16_a_wish_is_for_one_provider(there, alice):
    connect(alice, "okta")
    alice.get("/sign-in/github")
    assert alice.get("/sign-in/github/authorized").status_code == 403
    assert owners(there) == []


def test_16_who_was_signed_out_meanwhile_gets_no_second_account(there, alice, sql):
    connect(alice)
    alice.get("/sign-in/github")
    sql("DELETE FROM browser_sessions")
    answer = alice.get("/sign-in/github/authorized")
    assert answer.status_code == 403 and "signed out meanwhile" in answer.text
    assert owners(there) == []


def test_16_what_belongs_to_somebody_else_is_refused(there, alice):
    round_trip(Browser(there, "bob"))
    connect(alice)
    answer = round_trip(alice)
    assert answer.status_code == 403 and "belongs to somebody else here" in answer.text
    assert "alice@example.com" not in owners(there)


def test_only_what_is_set_up_can_be_connected(alice):
    for provider in ["", "local", "saml", "//evil.example", "github\r\nX: y"]:
        assert connect(alice, provider).status_code == 422, provider


def test_disconnecting_is_for_the_owner(there, alice):
    connect(alice)
    round_trip(alice)
    with there.app_context():
        path = f"{PATH}/{Identity.of(person('alice'))[0].id}"
    bob = Browser(there, "bob")
    assert bob.send("DELETE", path).status_code == 404
    assert alice.send("DELETE", path, htmx=False).location == "/settings/profile"
    assert alice.send("DELETE", path).status_code == 404
    assert owners(there) == []


def test_13_who_came_by_github_does_not_forget_it_and_stays(there):
    client = there.test_client()
    client.get("/sign-in/github")
    client.get("/sign-in/github/authorized")
    page = client.get("/settings/profile").text
    assert "Your only way in" in page
    assert client.delete(f"{PATH}/1", headers=SAME_ORIGIN).status_code == 409
    assert owners(there) == ["octo@example.com"]
