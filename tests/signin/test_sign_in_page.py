"""The sign-in page: only the ways that are set up, and what a refusal says."""

import pytest

GITHUB = {"github_client_id": "i", "github_client_secret": "s", "github_org": "acme"}
OKTA = {"okta_issuer": "https://id.example.com", "okta_client_id": "c"}
WAYS = {"github": "Continue with GitHub", "okta": "Continue with Okta", "local": "sign-in-link"}


@pytest.mark.parametrize(
    ("wanted", "given", "shown"),
    [
        ((), {}, {"local"}),
        ((), GITHUB | OKTA, {"local", "github", "okta"}),
        (("github", "okta"), GITHUB | OKTA, {"github", "okta"}),
        (("okta",), GITHUB | OKTA, {"okta"}),
        (("github", "local"), OKTA, {"local"}),
        (("github",), {}, set()),
    ],
)
def test_only_the_ways_that_are_set_up_are_shown(another, wanted, given, shown):
    page = another(auth_providers=wanted, **given).test_client().get("/sign-in").text
    assert {way for way, words in WAYS.items() if words in page} == shown
    assert ("No way to sign in is set up" in page) is (not shown)
    assert "Ask an admin" in page and "acme" not in page
