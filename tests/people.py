"""Somebody at a browser, for tests."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from planpush.db import commit
from planpush.models.session import SignInLink
from planpush.models.user import User

HTMX = {"HX-Request": "true"}


def person(name: str) -> User:
    return User.by_email(f"{name}@example.com")


class Browser:
    """Somebody signed in; `post` and the like carry the CSRF token."""

    def __init__(self, app: Flask, name: str) -> None:
        self.client: FlaskClient = app.test_client()
        with app.app_context():
            secret = SignInLink.issue(person(name))
            commit()
        self.client.get(f"/sign-in/local?token={secret}")
        page = self.client.get("/dashboard").text
        self.csrf = re.search(r'name="csrf-token" content="(\w+)"', page)[1]

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def send(
        self, method: str, path: str, data: Any = None, *, htmx: bool = True, **headers: str
    ) -> Any:
        sent = {"X-CSRF-Token": self.csrf} | (HTMX if htmx else {}) | headers
        return self.client.open(path, method=method, data=data, headers=sent)
