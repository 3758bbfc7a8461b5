"""The sign-in page: only the ways that are set up, and what a refusal says."""

import pytest

from planpush.accounts.identity import Profile
from planpush.signin.sign_in import admit

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


@pytest.mark.parametrize(
    ("target", "link"),
    [
        ("/p/auth?v=2&x=ü", "/sign-in/github?next=/p/auth%3Fv%3D2%26x%3D%C3%BC"),
        ("//evil.example", "/sign-in/github?next=/dashboard"),
        ("", "/sign-in/github"),
    ],
)
def test_9_the_ways_lead_on_to_own_pages_only(another, target, link):
    client = another(**GITHUB).test_client()
    page = client.get("/sign-in", query_string={"next": target}).text
    assert f'href="{link}"' in page


def test_a_refusal_says_why_and_whom_to_ask_and_leads_back(another):
    there = another(**OKTA)

    def come_back():
        return admit(Profile("okta", "https://id.example.com", "1", "dan", "Dan", "d@x.com", True))

    come_back.public = True
    there.view_functions["github.authorized"] = come_back
    answer = there.test_client().get("/sign-in/github/authorized")
    assert answer.status_code == 403
    assert "Signing in did not work" in answer.text
    assert "Ask an admin of planpush" in answer.text and 'href="/sign-in"' in answer.text
    assert "planpush=" not in str(answer.headers.getlist("Set-Cookie"))
