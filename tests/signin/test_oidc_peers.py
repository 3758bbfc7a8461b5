"""Signing in and out with OpenID providers that nobody here wrote."""

from __future__ import annotations

import html
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from flask import Flask

from planpush.accounts.groups import GroupRole
from planpush.accounts.user import User
from planpush.database.session import commit
from tests.peers.emulator import choose, emulating
from tests.people import SAME_ORIGIN, person
from tests.system.serving import free_port

CLIENT = {"okta_client_id": "planpush-client", "okta_client_secret": "planpush-secret"}
CALLBACK = "http://localhost/sign-in/okta/callback"
MAP = {"devs": "developer", "pms": "project_manager", "testers": "qa"}


MOVES = [(["devs"], {"developer"}), (["PMS", "testers", "x"], {"project_manager", "qa"})]


@pytest.fixture
def site(another: Callable[..., Flask]) -> Callable[[str], Flask]:
    """Make the app for an issuer, with a map of groups."""

    def make(issuer: str) -> Flask:
        made = another(okta_issuer=issuer, **CLIENT)
        with made.app_context():
            for group, role in MAP.items():
                GroupRole.put(group, role, by=person("ada"))
            commit()
        return made

    return make


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def roles(site: Flask, email: str) -> set[str]:
    with site.app_context():
        return set(User.by_email(email).roles)


def sign_in(client: Any, consent: Callable[[str], str]) -> Any:
    start = client.get("/sign-in/okta?next=/activity")
    assert start.status_code == 302, start.text
    back = consent(start.location)
    assert back.startswith(f"{CALLBACK}?"), back
    return client.get(f"{urlsplit(back).path}?{urlsplit(back).query}")


def sign_out(client: Any) -> str:
    answer = client.post("/sign-out", headers=SAME_ORIGIN)
    assert answer.status_code == 302
    assert client.get("/dashboard").status_code == 302
    return answer.location


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the peer, about Authlib's server
def test_20_oidc_provider_mock(site: Any, http: requests.Session) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from oidc_provider_mock import User as Account
        from oidc_provider_mock import run_server_in_thread
    claims = {"email": "dan@example.com", "email_verified": True, "groups": ["devs"]}
    with run_server_in_thread(user_claims=[Account(sub="dan", claims=claims)]) as server:
        issuer = f"http://localhost:{server.server_port}"
        made, client = site(issuer), None

        def consent(start: str) -> str:
            page = http.post(start, data={"sub": "dan"}, allow_redirects=False, timeout=60)
            return page.headers["Location"]

        for groups, expected in MOVES:
            http.put(f"{issuer}/users/dan", json=claims | {"groups": groups}, timeout=60)
            client = made.test_client()
            assert sign_in(client, consent).location == "/activity"
            assert roles(made, "dan@example.com") == expected
        leave(http, sign_out(client), client)


def leave(http: requests.Session, address: str, client: Any) -> None:
    """Confirm the sign-out there, and come back."""
    page = http.get(address, timeout=60)
    form = re.search(r"<form.*?</form>", page.text, re.DOTALL)[0]
    data = dict(re.findall(r'name="(\w+)"\s+value="([^"]*)"', form))
    action = urljoin(page.url, html.unescape(re.search(r'action="([^"]+)"', form)[1]))
    sent = {name: html.unescape(value) for name, value in data.items()}
    answer = http.post(action, data=sent, allow_redirects=False, timeout=60)
    assert answer.headers["Location"].startswith("http://localhost/sign-out/done?state=")
    back = urlsplit(answer.headers["Location"])
    done = client.get(f"{back.path}?{back.query}")
    assert done.status_code == 200 and "does not belong" not in done.text


def seed() -> dict[str, Any]:
    uris = [CALLBACK, "http://localhost/sign-out/done"]
    user = {"login": "dan@example.com", "email": "dan@example.com"}
    return {
        "users": [user | {"first_name": "Dan", "last_name": "Doe", "okta_id": "00u-dan"}],
        "groups": [{"name": name, "okta_id": f"00g-{name}"} for name in MAP],
        "group_memberships": [{"group_okta_id": "00g-devs", "user_okta_id": "00u-dan"}],
        "authorization_servers": [{"id": "default", "name": "default", "audiences": ["api://x"]}],
        "oauth_clients": [
            {"client_id": CLIENT["okta_client_id"], "name": "planpush", "redirect_uris": uris,
             "client_secret": CLIENT["okta_client_secret"], "auth_server_id": "default"}
        ],
    }  # fmt: skip


def test_20_the_okta_emulator(site: Any, http: requests.Session, tmp_path: Path) -> None:
    with emulating(tmp_path, "okta", free_port(), seed()) as base:
        issuer = f"{base.replace('127.0.0.1', 'localhost')}/oauth2/default"
        made = site(issuer)

        def consent(start: str) -> str:
            return choose(http, http.get(start, timeout=60), "00u-dan")

        client = made.test_client()
        assert sign_in(client, consent).location == "/activity"
        assert roles(made, "dan@example.com") == {"developer"}
        away = http.get(sign_out(client), allow_redirects=False, timeout=60)
        assert away.headers["Location"] == "http://localhost/sign-out/done"
        assert client.get("/sign-out/done").status_code == 200
        sent = parse_qs(urlsplit(away.request.url).query)
        assert sent["id_token_hint"] and sent["state"]
