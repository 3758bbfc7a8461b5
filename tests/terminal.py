"""A program that signs in by OAuth, for tests: asks, polls, renews, gives back."""

from __future__ import annotations

from typing import Any

from flask import Flask

from tests.people import Browser

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CLI = "planpush-cli"


class Terminal:
    """One terminal; `asked` and `got` are what the server said last."""

    def __init__(self, app: Flask, client_id: str = CLI) -> None:
        self.client, self.client_id = app.test_client(), client_id
        self.asked: dict[str, Any] = {}
        self.got: dict[str, Any] = {}

    def post(self, path: str, **form: str) -> Any:
        return self.client.post(path, data={"client_id": self.client_id} | form)

    def ask(self, **form: str) -> Any:
        answer = self.post("/oauth/device_authorization", **form)
        self.asked = answer.json
        return answer

    def poll(self) -> Any:
        code = self.asked["device_code"]
        return self._keep(self.post("/oauth/token", grant_type=DEVICE, device_code=code))

    def renew(self, **form: str) -> Any:
        token = self.got["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": token} | form
        return self._keep(self.post("/oauth/token", **form))

    def revoke(self, token: str) -> Any:
        return self.post("/oauth/revoke", token=token)

    def use(self, path: str = "/api/plans", token: str = "") -> int:
        token = token or self.got["access_token"]
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code

    def allow(self, browser: Browser, decision: str = "allow") -> Any:
        form = {"user_code": self.asked["user_code"], "decision": decision}
        return browser.send("POST", "/activate", form, htmx=False)

    def sign_in(self, browser: Browser, **form: str) -> dict[str, Any]:
        """Do the whole walk; return the tokens."""
        assert self.ask(**form).status_code == 200
        assert self.allow(browser).status_code == 200
        assert self.poll().status_code == 200
        return self.got

    def _keep(self, answer: Any) -> Any:
        self.got = answer.json if answer.status_code == 200 else self.got
        return answer
