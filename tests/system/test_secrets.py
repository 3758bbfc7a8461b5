"""No secret where it could be read: not in the log at DEBUG, not in the database."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import sqlalchemy as sa

from planpush.database.session import commit, db
from planpush.settings.store import Setting, settings
from tests.conftest import ON_POSTGRES, person
from tests.peers import github as peer
from tests.system.serving import Server, Visitor
from tests.system.test_github import told

SLACK = "xoxb-1111-slack-bot-token"
KEY = "s" * 40


@pytest.fixture
def told_all(tmp_path):
    """A server that logs all it can, and the secrets that it came to know."""
    with peer.serving() as hub:
        hub.add(4, "octo-dev", "octo@example.com")
        server = Server(tmp_path, workers=1, LOG_LEVEL="DEBUG", **told(hub.base)).start()
        yield server, walk(server, hub)
        server.close()


def walk(server, hub):
    """Sign in with GitHub and with a link, make a token, change a setting; return the secrets."""
    with requests.Session() as http:
        start = http.get(f"{server.base}/sign-in/github", timeout=60, allow_redirects=False)
        back = hub.consent(start.headers["Location"], "octo-dev")
        flow = http.cookies["planpush-flow"]
        page = http.get(back, timeout=60)
        assert page.status_code == 200 and "octo@example.com" in page.text
        there = [flow, http.cookies["planpush"], *parse_qs(urlsplit(back).query)["code"]]
    with requests.Session() as http:
        link = server.link("ada")
        Visitor(server, "ada", http)
        requests.get(link, timeout=60)
        here = [link.partition("token=")[2], http.cookies["planpush"]]
    server.api("alice", "GET", "/api/plans")
    with server.app.app_context():
        Setting.change({"slack_bot_token": SLACK}, by=person("ada"))
        commit()
    return [*there, *here, server.tokens["alice"], *hub.tokens, peer.SECRET, SLACK, KEY]


def dump(server):
    """The database as somebody who stole it reads it."""
    if not ON_POSTGRES:
        files = sorted(server.folder.glob("planpush.db*"))
        assert len(files) >= 1
        return b"".join(path.read_bytes() for path in files).decode("latin-1")
    with server.app.app_context():
        tables = db.metadata.sorted_tables
        return repr([tuple(row) for one in tables for row in db.session.execute(sa.select(one))])


def test_3_17_39_no_secret_is_in_the_log_or_in_the_database(told_all):
    server, secrets = told_all
    log = (server.folder / "server.log").read_text()
    stored = dump(server)
    assert '"route":"/sign-in/github"' in log  # it does say something
    assert "octo@example.com" in stored
    assert len(secrets) >= 10 and all(len(secret) > 12 for secret in secrets)
    assert [secret for secret in secrets if secret in log] == []
    assert [secret for secret in secrets if secret in stored] == []
    with server.app.app_context():
        assert settings().slack_bot_token == SLACK  # sealed, not lost
