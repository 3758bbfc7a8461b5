"""The Test buttons: a result with its time, whatever the other side does."""

import pytest

from tests.pages.admin.test_integrations import state
from tests.peers import slack

TEST = "/admin/integrations/slack/test"


@pytest.fixture
def chat(ada):
    """A Slack that this server is set up with."""
    with slack.serving() as found:
        address = found.base + slack.HOOK
        ada.send("PATCH", "/admin/settings/slack", {"slack_webhook_url": address}, htmx=False)
        yield found


def test_39_a_test_posts_a_message_and_the_card_says_so(ada, chat, logged):
    page = ada.get("/admin/integrations").text
    assert "Post a test message" in page and state(page, "slack") == "Set up, not tested"
    answer = ada.send("POST", TEST)
    assert answer.status_code == 200 and state(answer.text, "slack") == "Works"
    assert len(chat.posted) == 1
    assert state(ada.get("/admin/integrations").text, "slack") == "Works"
    assert logged("integration.tested") == [("Ada", "slack")]


def test_22_a_failing_test_is_a_result_not_an_error(ada, chat):
    chat.trouble = (500, b"<html>")
    answer = ada.send("POST", TEST, htmx=False)
    assert (answer.status_code, answer.location) == (303, "/admin/integrations#pp-card-slack")
    text = ada.get("/admin/integrations").text
    assert state(text, "slack") == "Fails" and "Last test" in text


def test_a_result_is_of_the_settings_before_they_changed(ada, chat):
    ada.send("POST", TEST)
    form = {"slack_channel": "plans"}
    ada.send("PATCH", "/admin/settings/slack", form, htmx=False)
    text = ada.get("/admin/integrations").text
    assert state(text, "slack") == "Set up, not tested" and "before the settings changed" in text


def test_testing_what_is_not_set_up_says_what_is_missing(ada):
    for name in ["github", "okta", "scim"]:
        answer = ada.send("POST", f"/admin/integrations/{name}/test")
        assert answer.status_code == 200 and "Missing: " in answer.text, name
