"""Integrations: what is set up, what is missing, what to tell the other side."""

import re

from tests.people import Browser

ADDRESSES = (
    "/sign-in/github/authorized",
    "/sign-in/okta/callback",
    "/sign-out/done",
    "/sign-out/okta/back-channel",
    "/sign-out/okta/front-channel",
    "/scim/v2",
)


def state(text, name):
    card = text.partition(f'id="pp-card-{name}"')[2].partition("</section>")[0]
    return re.search(r'class="pill[^"]*">([^<]+)<', card)[1]


def test_cards_tell_the_state_and_the_addresses(ada):
    text = ada.get("/admin/integrations").text
    for path in ADDRESSES:
        assert f">http://localhost{path}<" in text
    assert {state(text, name) for name in ("github", "okta", "scim", "slack")} == {"Not set up"}
    assert "pp-test-" not in text


def test_a_card_names_what_is_missing(app, another):
    ada = Browser(app, "ada")
    client = another(github_client_id="Iv1.1", slack_bot_token="xoxb-hush").test_client()
    client.set_cookie("planpush", ada.client.get_cookie("planpush").value)
    text = client.get("/admin/integrations").text
    assert "Missing: Client secret, Organisation" in text and "Missing: Channel" in text
    assert state(text, "github") == "Not complete"
    assert "xoxb-hush" not in text
