"""The Test buttons really ask the other side, and every failure is a sentence."""

import pytest

from planpush.database.session import db
from planpush.pages.admin.integration_checks import check
from tests.conftest import make_app
from tests.peers import github, oidc, slack

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def tested(database_url, tmp_path):
    """Test an integration with these settings."""

    def run(name, **settings):
        app = make_app(database_url, tmp_path, **settings)
        with app.test_request_context():
            result = check(name)
            db.session.remove()
            db.engine.dispose()
        return result

    return run


@pytest.fixture
def hub():
    with github.serving() as found:
        found.trouble |= {"/meta": b"{}", "/orgs/acme": b'{"login": "acme"}'}
        yield found


@pytest.fixture
def provider():
    with oidc.serving() as found:
        yield found


@pytest.fixture
def chat():
    with slack.serving() as found:
        yield found


def test_github_works(tested, hub):
    result = tested("github", **hub.settings)
    assert result.ok and "acme exists" in result.detail


@pytest.mark.parametrize(
    ("trouble", "changes", "said"),
    [
        ({}, {"github_client_secret": "wrong"}, "client ID and secret"),
        ({}, {"github_org": "evil/../../x"}, "does not tell"),
        ({"/orgs/acme": "404"}, {}, "no organisation acme"),
        ({"/orgs/acme": "403"}, {}, "does not tell"),
        ({"/meta": "404"}, {}, "API address"),
        ({"/meta": b"<html>"}, {}, "API address"),
        ({"/meta": "500"}, {}, "answers with an error"),
        ({"/meta": "redirect"}, {}, "API address"),
        ({github.TOKEN: b"[]"}, {}, "as GitHub does"),
        ({github.TOKEN: github.HUGE}, {}, "does not answer"),
        ({}, {"github_api_url": NOWHERE}, "does not answer"),
        ({}, {"github_org": ""}, "Missing: Organisation"),
    ],
)
def test_22_github_in_trouble_is_told_in_a_sentence(tested, hub, trouble, changes, said):
    hub.trouble |= trouble
    settings = {name: value for name, value in (hub.settings | changes).items() if value}
    result = tested("github", **settings)
    assert said in result.detail
    assert result.ok == ("does not tell" in said)


def test_okta_works(tested, provider):
    result = tested("okta", **provider.settings)
    assert result.ok and provider.base in result.detail
    assert provider.asked["/jwks"] and provider.asked["/token"]


@pytest.mark.parametrize(
    ("metadata", "trouble", "said"),
    [
        ({"issuer": "https://evil.example"}, {}, "evil.example"),
        ({"id_token_signing_alg_values_supported": ["none", "RS256"]}, {}, "unsigned"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, {}, "unsigned"),
        ({"token_endpoint": "ftp://x.example/token"}, {}, "not understood"),
        ({"jwks_uri": None}, {}, "not understood"),
        ({}, {"/jwks": b"{}"}, "signing keys"),
        ({}, {"/jwks": "500"}, "answers with an error"),
        ({}, {"/.well-known/openid-configuration": b"<html>"}, "check the issuer"),
    ],
)
def test_19_22_a_provider_that_sign_in_would_refuse_fails_the_test(
    tested, provider, metadata, trouble, said
):
    provider.metadata |= metadata
    provider.trouble |= trouble
    result = tested("okta", **provider.settings)
    assert not result.ok and said in result.detail


def test_okta_with_a_wrong_secret_fails(tested, provider):
    result = tested("okta", **(provider.settings | {"okta_client_secret": "wrong"}))
    assert not result.ok and "client ID and secret" in result.detail


def test_slack_knows_the_bot_token(tested, chat):
    settings = {"slack_api_url": f"{chat.base}/api", "slack_channel": "plans"}
    good = tested("slack", slack_bot_token=slack.TOKEN, **settings)
    assert good.ok and "planpush of ACME" in good.detail
    bad = tested("slack", slack_bot_token="xoxb-wrong", **settings)
    assert not bad.ok and "invalid_auth" in bad.detail
    assert chat.posted == []


def test_slack_gets_a_real_message_by_webhook(tested, chat):
    assert tested("slack", slack_webhook_url=chat.base + slack.HOOK).ok
    assert len(chat.posted) == 1
    assert not tested("slack", slack_webhook_url=f"{chat.base}/services/other").ok


@pytest.mark.parametrize("answer", [(200, b"<html>"), (500, b""), (200, b"[]"), (200, b"null")])
def test_40_slack_answering_garbage_is_told_in_a_sentence(tested, chat, answer):
    chat.trouble = answer
    settings = {"slack_api_url": f"{chat.base}/api", "slack_channel": "plans"}
    result = tested("slack", slack_bot_token=slack.TOKEN, **settings)
    assert not result.ok and "Slack" in result.detail
