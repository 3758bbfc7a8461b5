"""Profiles: who one is, where one's roles come from, and what the account menu leads to."""

import re

import pytest

from planpush.accounts.groups import GroupRole, joined
from planpush.accounts.identity import Identity, Profile
from planpush.database.session import commit
from tests.people import Browser, person


@pytest.fixture
def linked(app):
    """Link alice to an account at GitHub; return its row's id."""
    with app.app_context():
        profile = Profile("github", "https://github.com", "4", "alice-dev", "Alice", "a@x.com")
        made = Identity.connect(profile, to=person("alice"))
        commit()
        return made.id


def test_a_profile_shows_name_address_and_role(browser):
    page = browser("alice").get("/settings/profile").text
    assert all(words in page for words in ("Alice", "alice@example.com", "Given to you here"))


def test_20_a_profile_says_which_group_brings_which_role(app, browser):
    with app.app_context():
        GroupRole.put("<b>Testers</b>", "qa", by=person("ada"))
        joined(person("alice"), "<b>testers</b>")
        commit()
    page = browser("alice").get("/settings/profile").text
    assert "From your group “&lt;b&gt;Testers&lt;/b&gt;”" in page


def test_a_profile_lists_what_is_connected_and_what_could_be(another, linked):
    there = another(
        github_client_id="i", github_client_secret="s", github_org="acme",
        okta_issuer="https://id.example.com", okta_client_id="c",
    )  # fmt: skip
    page = Browser(there, "alice").get("/settings/profile").text
    assert "alice-dev" in page and "Disconnect" in page
    assert "Connect Okta" in page and "Connect GitHub" not in page
    assert "Connect GitHub" in Browser(there, "bob").get("/settings/profile").text


def test_the_account_menu_leads_to_settings_and_admins_to_admin(browser):
    for name in ["alice", "bob", "pam", "ada"]:
        page = browser(name).get("/dashboard").text
        assert 'href="/settings/profile"' in page, name
        assert ('href="/admin/members"' in page) is (name == "ada")


def test_every_settings_page_marks_itself_among_the_tabs(browser):
    alice = browser("alice")
    for path in ("/settings/profile", "/settings/sessions", "/settings/tokens"):
        page = alice.get(path).text
        assert re.findall(r'href="([^"]+)" aria-current="page"', page) == [path]
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), path
