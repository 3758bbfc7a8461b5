"""Somebody at a browser, or their agent, for tests."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from planpush.accounts.sessions import BrowserSession
from planpush.accounts.tokens import Token
from planpush.accounts.user import User
from planpush.database.session import commit
from planpush.events.event import came_from
from planpush.web.auth import cookie_name

HTMX = {"HX-Request": "true"}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
CAST = {
    "alice": "developer",
    "bob": "qa",
    "charlie": "developer",
    "ada": "admin",
    "pam": "project_manager",
}


def add_cast() -> None:
    for name, role in CAST.items():
        User.add(f"{name}@example.com", name=name.title(), roles=[role])
    commit()


def person(name: str) -> User:
    return User.by_email(f"{name}@example.com")


class Browser:
    """Somebody with a session; what they send comes from a page of ours."""

    def __init__(self, app: Flask, name: str) -> None:
        self.client: FlaskClient = app.test_client()
        with app.test_request_context():
            came_from("127.0.0.1", "")
            secret = BrowserSession.start(
                person(name), provider="local", address="127.0.0.1", agent="a test"
            )
            commit()
            self.client.set_cookie(cookie_name(), secret)
            BrowserSession.find(secret)  # its first use is a write, which no test is about

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def send(
        self, method: str, path: str, data: Any = None, *, htmx: bool = True, **headers: str
    ) -> Any:
        sent = SAME_ORIGIN | (HTMX if htmx else {}) | headers
        return self.client.open(path, method=method, data=data, headers=sent)


def call(app: Flask, name: str, method: str, path: str, scopes: Any = None, **options: Any) -> Any:
    """Call the API as somebody's agent."""
    with app.app_context():
        token = Token.issue(person(name), name="test", **({"scopes": scopes} if scopes else {}))
        commit()
    headers = {"Authorization": f"Bearer {token}"} | options.pop("headers", {})
    return app.test_client().open(path, method=method, headers=headers, **options)
