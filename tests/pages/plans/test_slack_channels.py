"""Slack channels: where at Slack a plan is spoken of, and who decides it."""

import pytest
from sqlalchemy import select

from planpush.database.session import db
from planpush.plans.plan import Plan
from tests.people import Browser


@pytest.fixture
def bot(another, plan):
    """The same plan on a server with a bot; `bot("alice")` is somebody there."""
    app = another(slack_bot_token="xoxb-1", slack_channel="#plans")
    return lambda name: Browser(app, name)


@pytest.fixture
def channel(app):
    def read():
        with app.app_context():
            return db.session.scalar(select(Plan.slack_channel).where(Plan.slug == "auth"))

    return read


def choose(somebody, typed, **told):
    return somebody.send("POST", "/p/auth/slack-channel", {"channel": typed}, **told)


@pytest.mark.parametrize("name", ["alice", "ada", "pam"])
def test_owner_admin_and_project_manager_choose_it(bot, channel, name):
    somebody = bot(name)
    assert 'href="/p/auth/slack-channel"' in somebody.get("/p/auth").text
    assert "instead of #plans" in somebody.get("/p/auth/slack-channel").text
    answer = choose(somebody, "#design", htmx=False)
    assert (answer.status_code, answer.location) == (303, "/p/auth")
    assert channel() == "design" and "<small>#design</small>" in somebody.get("/p/auth").text
    assert 'value="#design"' in somebody.get("/p/auth/slack-channel").text
    assert choose(somebody, " ").headers["HX-Redirect"] == "/p/auth"
    assert channel() == ""


CHANNELS = [
    ("design", "design"), ("#team-1_a.b", "team-1_a.b"), ("C0123ABCD", "C0123ABCD"),
    ("G0123ABCDE", "G0123ABCDE"), ("#équipe", "équipe"), ("x" * 80, "x" * 80),
]  # fmt: skip


def test_names_and_ids_are_kept_without_the_hash(bot, channel):
    for typed, kept in CHANNELS:
        choose(bot("alice"), typed)
        assert channel() == kept, (typed, kept)


NO_CHANNELS = ["Design", "a b", "<!channel>", "x" * 81, "U0123ABCD", "a/b", "##a", "a,b", "é\x00"]


def test_what_no_channel_is_called_comes_back_in_the_form(bot, channel):
    for typed in NO_CHANNELS:
        for htmx in (True, False):
            answer = choose(bot("alice"), typed, htmx=htmx)
            assert answer.status_code == 422 and "small letters" in answer.text
            assert "<!channel>" not in answer.text
        assert channel() == "", typed


@pytest.mark.parametrize(
    ("given", "said"),
    [({}, "Slack is not connected"), ({"slack_webhook_url": "https://x.test/1"}, "a webhook")],
)
def test_without_a_bot_it_says_why_not(another, plan, channel, given, said):
    alice = Browser(another(**given), "alice")
    assert "slack-channel" not in alice.get("/p/auth").text
    page = alice.get("/p/auth/slack-channel")
    assert page.status_code == 200 and said in page.text and 'name="channel"' not in page.text
    answer = choose(alice, "design")
    assert answer.status_code == 422 and "no Slack bot" in answer.text and channel() == ""
