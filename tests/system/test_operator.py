"""docs/, followed to the letter: from an empty folder to GitHub sign-in and a message in Slack."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from slack_sdk import WebClient

from tests.peers.emulator import choose, emulating
from tests.system.following import Operator, scopes, told
from tests.system.serving import free_port

LOGIN, WORDS = "octo-dev", "Who announces the next key?"


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """The addresses of the emulators are all that they know beside docs/."""
    github, slack = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    addresses = {"GITHUB_URL": github, "GITHUB_API_URL": github, "SLACK_API_URL": f"{slack}/api"}
    return Operator(tmp_path, WEB_WORKERS="1", **addresses)


def github_seed(operator: Operator, given: dict[str, str]) -> dict[str, Any]:
    """What GitHub has, once docs/github.md was followed there: our app, its owner, the people."""
    callback = told("github.md", "Authorization callback URL").replace("BASE_URL", operator.base)
    app = {"client_id": given["GITHUB_CLIENT_ID"], "client_secret": given["GITHUB_CLIENT_SECRET"]}
    name = told("github.md", "Application name")
    return {
        "users": [{"login": LOGIN, "name": "Octo", "email": given["INITIAL_ADMIN_EMAILS"]}],
        "orgs": [{"login": given["GITHUB_ORG"], "name": "Us", "members": [{"login": LOGIN}]}],
        "oauth_apps": [app | {"name": name, "redirect_uris": [callback]}],
    }


def slack_seed(given: dict[str, str]) -> dict[str, Any]:
    """What Slack has, once docs/slack.md was followed there: the bot with its scopes, a channel.

    The emulator knows a channel by its bare name only; Slack by `#plans`, too.
    """
    token = {"token": given["SLACK_BOT_TOKEN"], "user": "planpush", "type": "bot"}
    return {
        "strict_scopes": True,
        "users": [{"name": "planpush"}],
        "channels": [{"name": given["SLACK_CHANNEL"]}, {"name": given["SLACK_CHANNEL"][1:]}],
        "tokens": [token | {"scopes": scopes()}],
    }


def port_of(address: str) -> int:
    return int(re.search(r":(\d+)", address)[1])


@pytest.fixture
def running(operator: Operator) -> Iterator[Operator]:
    """The server after three pages of docs/, and what it calls outside."""
    for page, name in (("install", "settings"), ("github", "github"), ("slack", "slack")):
        operator.follow(f"{page}.md", name)
    given, there = operator.settings(), operator.env
    seeds = {"github": github_seed(operator, given), "slack": slack_seed(given)}
    with ExitStack() as until:
        for name, address in (("github", "GITHUB_URL"), ("slack", "SLACK_API_URL")):
            folder = operator.folder / name
            folder.mkdir()
            until.enter_context(emulating(folder, name, port_of(there[address]), seeds[name]))
        printed = until.enter_context(operator.serving())
        first_link_is_printed(operator, printed.read_text())
        yield operator


def first_link_is_printed(operator: Operator, printed: str) -> None:
    (link,) = re.findall(rf"{operator.base}/sign-in/local\?token=\S+", printed)
    assert "Make the first admin" in requests.get(link, timeout=20).text


@pytest.fixture
def http(running: Operator) -> Iterator[requests.Session]:
    """A browser, signed in by the button on the sign-in page."""
    with requests.Session() as session:
        page = session.get(f"{running.base}/sign-in", timeout=20).text
        button = re.search(r'id="pp-github" href="([^"]+)"', page)[1]
        consent = session.get(running.base + button, timeout=20)
        landed = session.get(choose(session, consent, LOGIN), timeout=20)
        assert (landed.status_code, landed.url) == (200, f"{running.base}/dashboard"), landed.text
        yield session


@pytest.mark.long
def test_who_follows_docs_signs_in_and_hears_of_a_comment_in_slack(running, http) -> None:
    assert (running.folder / ".env").stat().st_mode & 0o077 == 0
    members = http.get(f"{running.base}/admin/members", timeout=20)
    assert members.status_code == 200 and running.settings()["INITIAL_ADMIN_EMAILS"] in members.text
    for name in ("github", "slack"):
        page = post(running, http, f"/admin/integrations/{name}/test").text
        card = page.split(f'id="pp-card-{name}"')[1].split("</section>")[0]
        assert "Works" in card, card
    pushed = json.loads(running.follow("install.md", "push"))
    assert pushed["url"] == f"{running.base}/p/signing-keys"
    post(running, http, "/p/signing-keys/threads", anchor="summary", body=WORDS)
    given = running.settings()
    slack = WebClient(given["SLACK_BOT_TOKEN"], base_url=running.env["SLACK_API_URL"] + "/")
    there = {one["name"]: one["id"] for one in slack.conversations_list()["channels"]}
    said, deadline = "", time.monotonic() + 60
    while WORDS not in said and time.monotonic() < deadline:
        said = everything(slack, there[given["SLACK_CHANNEL"]])
        time.sleep(0.2)
    assert WORDS in said and "Rotate the signing keys" in said


def everything(slack: WebClient, channel: str) -> str:
    """Return all that was said in a channel, replies included."""
    roots = slack.conversations_history(channel=channel)["messages"]
    threads = [slack.conversations_replies(channel=channel, ts=one["ts"]) for one in roots]
    return str([thread["messages"] for thread in threads])


def post(running: Operator, http: requests.Session, path: str, **form: str) -> requests.Response:
    """Send a form of the page, as a browser without script does."""
    own = {"Origin": running.base}
    answer = http.post(running.base + path, data=form, headers=own, timeout=30)
    assert answer.ok, answer.text
    return answer
