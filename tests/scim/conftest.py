"""A directory: what Okta or Entra is to this server."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from planpush.accounts.tokens import Token
from planpush.database.session import commit
from tests.people import person

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


class Directory:
    """Speaks SCIM with a token of its own."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            self.token = Token.issue_scim(name="Okta")
            commit()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        options = {} if body is None else {"json": body}
        return self.app.test_client().open(
            f"/scim/v2{path}",
            method=method,
            headers=sent,
            content_type="application/scim+json",
            **options,
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> Any:
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return self.call("PATCH", path, body, **headers)

    def user(self, name: str = "dan@example.com", /, **more: Any) -> Any:
        body = {"schemas": [USER], "userName": name, "active": True} | more
        made = self.call("POST", "/Users", body)
        assert made.status_code == 201, made.text
        return made.json

    def group(self, name: str, /, *members: str, **more: Any) -> Any:
        body = {"schemas": [GROUP], "displayName": name} | more
        body["members"] = [{"value": member} for member in members]
        made = self.call("POST", "/Groups", body)
        assert made.status_code == 201, made.text
        return made.json

    def id_of(self, name: str) -> str:
        with self.app.app_context():
            return str(person(name).id)


def op(verb: str, path: str | None, *value: Any) -> dict[str, Any]:
    """One operation of a PATCH: with a path or none, with a value or none."""
    found: dict[str, Any] = {"op": verb}
    if path is not None:
        found["path"] = path
    return found | ({"value": value[0]} if value else {})


@pytest.fixture
def directory(app: Flask) -> Directory:
    return Directory(app)


def problem(answer: Any) -> str:
    """The scimType of an error, checked for its form."""
    assert answer.mimetype == "application/scim+json", answer.text
    assert answer.json["schemas"] == [ERROR]
    assert answer.json["status"] == str(answer.status_code)
    assert answer.json["detail"]
    return answer.json.get("scimType", "")
