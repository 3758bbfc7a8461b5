"""Device clients that nobody here wrote sign in, renew and sign out at a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from oauthlib.oauth2 import DeviceClient
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error
from requests_oauthlib import OAuth2Session

PEER = Path(__file__).parents[1] / "peers" / "device.mjs"
OPENID = Path(__file__).parents[2] / "node_modules" / "openid-client"
CODE = re.compile(r"\b[B-Z]{4}-[B-Z]{4}\b")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SCOPES = ["plans:read", "comments:write"]
PATIENCE = 60


def metadata(base: str) -> Any:
    return requests.get(f"{base}/.well-known/oauth-authorization-server", timeout=60).json()


def use(base: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{base}/api/plans", headers=headers, timeout=60).status_code


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a client that does not outlive the block."""
    with subprocess.Popen(command, text=True, **options) as peer:
        try:
            yield peer
        finally:
            peer.kill()


class Device:
    """A terminal that signs in by oauthlib, which writes and reads what it sends by requests."""

    def __init__(self, base: str) -> None:
        self.client, self.found = DeviceClient("planpush-cli", scope=SCOPES), metadata(base)

    def ask(self, *, in_body: bool) -> Any:
        address = self.client.prepare_request_uri(self.found["device_authorization_endpoint"])
        target, data = address, None
        if in_body:
            target, data = address.split("?")
        self.asked = requests.post(target, data, headers=FORM, timeout=60).json()
        complete = urlsplit(self.asked["verification_uri_complete"])
        return dict(parse_qsl(complete.query))["user_code"]

    def poll(self) -> Any:
        code = self.asked["device_code"]
        body = self.client.prepare_request_body(code, include_client_id=True)
        return self.fetch(self.found["token_endpoint"], body, FORM)

    def renew(self) -> Any:
        endpoint, name = self.found["token_endpoint"], self.client.client_id
        url, headers, body = self.client.prepare_refresh_token_request(endpoint, client_id=name)
        return self.fetch(url, body, headers)

    def fetch(self, url: str, body: str, headers: dict[str, str]) -> Any:
        answer = requests.post(url, body, headers=headers, timeout=60)
        return self.client.parse_request_body_response(answer.text)

    def revoke(self) -> int:
        url, headers, body = self.client.prepare_token_revocation_request(
            self.found["revocation_endpoint"], self.client.refresh_token, "refresh_token"
        )
        body += f"&client_id={self.client.client_id}"
        return requests.post(url, body, headers=headers, timeout=60).status_code


@pytest.mark.parametrize("in_body", [True, False])
def test_33_oauthlib_device_client_finishes(server, visitor, monkeypatch, in_body):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    device = Device(server.base)
    code = device.ask(in_body=in_body)
    with pytest.raises(CustomOAuth2Error, match="authorization_pending"):
        device.poll()
    assert visitor("alice").post("/activate", user_code=code, decision="allow").ok
    got = device.poll()
    assert (got["token_type"], got["scope"], got["expires_in"]) == ("Bearer", SCOPES, 3600)
    new = device.renew()
    assert new["refresh_token"] != got["refresh_token"]
    assert use(server.base, new["access_token"]) == 200
    assert device.revoke() == 200
    assert use(server.base, new["access_token"]) == 401


def test_33_requests_oauthlib_finishes(server, visitor, monkeypatch):
    """It names the client as Basic does, with an empty secret."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    device = Device(server.base)
    code = device.ask(in_body=True)
    assert visitor("alice").post("/activate", user_code=code, decision="allow").ok
    session = OAuth2Session(client=device.client)
    endpoint = device.found["token_endpoint"]
    got = session.fetch_token(endpoint, device_code=device.asked["device_code"])
    assert session.get(f"{server.base}/api/plans").status_code == 200
    new = session.refresh_token(endpoint, client_id="planpush-cli")
    assert new["refresh_token"] != got["refresh_token"]
    assert use(server.base, new["access_token"]) == 200


def test_33_openid_client_finishes(server, visitor):
    node = shutil.which("node")
    if node is None or not OPENID.is_dir():
        pytest.skip("openid-client is not installed: npm ci brings it")
    pipe = subprocess.PIPE
    command = [node, str(PEER), server.base]
    with running(command, stdin=pipe, stdout=pipe) as peer:
        assert peer.stdin and peer.stdout
        asked = json.loads(peer.stdout.readline())
        assert asked["interval"] == 5 and asked["expires_in"] == 600
        allowed = visitor("alice").post("/activate", user_code=asked["user_code"], decision="allow")
        assert allowed.status_code == 200
        told = json.loads(peer.communicate("allowed\n", timeout=PATIENCE)[0])
    assert peer.returncode == 0
    assert (told["used"], told["ended"]) == (200, 401)
    assert told["first"]["refresh_token"] != told["second"]["refresh_token"]
    assert told["second"]["scope"] == " ".join(SCOPES)


def git(server: Any) -> dict[str, str]:
    """The environment in which git-credential-oauth knows this server, as its manual says."""
    found = metadata(server.base)
    told = {
        "oauthClientId": "planpush-cli",
        "oauthScopes": "plans:read",
        "oauthAuthURL": found["authorization_endpoint"],
        "oauthTokenURL": found["token_endpoint"],
        "oauthDeviceAuthURL": found["device_authorization_endpoint"],
    }
    env = {"PATH": os.environ["PATH"], "HOME": str(server.folder), "GIT_CONFIG_COUNT": "5"}
    for number, (key, value) in enumerate(told.items()):
        env[f"GIT_CONFIG_KEY_{number}"] = f"credential.{server.base}.{key}"
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


@pytest.mark.long
def test_33_git_credential_oauth_finishes(server, visitor, tmp_path):
    program = shutil.which("git-credential-oauth")
    if program is None:
        pytest.skip("git-credential-oauth is not on the PATH; Debian has it under that name")
    pipe, env = subprocess.PIPE, git(server)
    wish = f"protocol=http\nhost=127.0.0.1:{server.port}\n"
    (tmp_path / "wish").write_text(wish + "\n")
    command = [program, "-device", "get"]
    with (
        (tmp_path / "wish").open() as asked,
        running(command, env=env, stdin=asked, stdout=pipe, stderr=pipe) as peer,
    ):
        assert peer.stderr
        code = CODE.search(peer.stderr.readline())[0]
        allowed = visitor("alice").post("/activate", user_code=code, decision="allow")
        assert allowed.status_code == 200
        first = credential(peer.communicate(timeout=PATIENCE)[0])
    wish += f"oauth_refresh_token={first['oauth_refresh_token']}\n\n"
    answer = subprocess.run(
        command, env=env, input=wish, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    second = credential(answer.stdout)
    assert second["oauth_refresh_token"] != first["oauth_refresh_token"]
    assert use(server.base, second["password"]) == use(server.base, first["password"]) == 200


def credential(text: str) -> dict[str, str]:
    """What a helper answers git."""
    return dict(line.split("=", 1) for line in text.splitlines() if line)
