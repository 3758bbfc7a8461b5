"""Connecting and disconnecting: only by a form of one's own, never by somebody else's page."""

import pytest
import sqlalchemy as sa

from planpush.accounts.identity import Identity, Profile
from planpush.database.session import commit, db
from planpush.signin.sign_in import admit, begin
from tests.people import HTMX, SAME_ORIGIN, Browser, person

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


def test_htmx_is_told_to_leave_the_page(alice):
    answer = alice.send("POST", PATH, {"provider": "github"})
    assert answer.headers["HX-Redirect"] == "/sign-in/github" and not answer.location


def test_16_a_get_that_another_site_causes_links_nothing(there, alice):
    round_trip(alice)
    assert owners(there) == ["octo@example.com"]  # an account of its own


def test_16_a_wish_serves_one_attempt(there, alice):
    connect(alice)
    alice.get("/sign-in/github")
    round_trip(alice)  # a later attempt, without a wish
    assert "alice@example.com" not in owners(there)


def test_16_a_wish_that_another_site_takes_up_links_nothing(there, alice):
    connect(alice)
    round_trip(alice, **{"Sec-Fetch-Site": "cross-site"})
    assert "alice@example.com" not in owners(there)


def test_16_a_wish_is_for_one_provider(there, alice):
    connect(alice, "okta")
    alice.get("/sign-in/github")
    assert alice.get("/sign-in/github/authorized").status_code == 403
    assert owners(there) == []


def test_16_a_wish_ends_after_a_moment(there, alice, monkeypatch):
    connect(alice)
    monkeypatch.setattr("planpush.signin.sign_in._MOMENT", -1)
    round_trip(alice)
    assert "alice@example.com" not in owners(there)


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


@pytest.mark.parametrize("provider", ["", "local", "saml", "//evil.example", "github\r\nX: y"])
def test_only_what_is_set_up_can_be_connected(alice, provider):
    assert connect(alice, provider).status_code == 422


def test_what_is_not_set_up_cannot_be_connected(browser):
    assert connect(browser("alice")).status_code == 422


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


def test_the_only_way_in_cannot_be_disconnected(app, another, alice):
    with app.app_context():
        number = Identity.connect(OCTO, to=person("alice"))
        commit()
        path = f"{PATH}/{number.id}"
    only = another(
        auth_providers=("github",), github_client_id="i", github_client_secret="s", github_org="a"
    )
    client = only.test_client()
    client.set_cookie("planpush", alice.client.get_cookie("planpush").value)
    answer = client.delete(path, headers=HTMX | SAME_ORIGIN)
    assert answer.status_code == 409 and "only way" in answer.text
    assert owners(app) == ["alice@example.com"]


def test_13_who_came_by_github_does_not_forget_it_and_stays(there):
    client = there.test_client()
    client.get("/sign-in/github")
    client.get("/sign-in/github/authorized")
    page = client.get("/settings/profile").text
    assert "Your only way in" in page
    assert client.delete(f"{PATH}/1", headers=SAME_ORIGIN).status_code == 409
    assert owners(there) == ["octo@example.com"]
