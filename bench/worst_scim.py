"""What a directory may ask of people and groups, for `bench.worst`."""
# ruff: noqa: ARG005 - what is sent is made of the first person's id and how much is wanted

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bench.worst_stage import Case, Send, Stage
from planpush.accounts.tokens import Token
from planpush.accounts.user import User
from planpush.database.session import commit

PEOPLE = 1_000
_SCIM = "application/scim+json"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_USER, _GROUP = (f"urn:ietf:params:scim:schemas:core:2.0:{kind}" for kind in ("User", "Group"))


def cases() -> Iterator[Case]:
    """Yield what a directory sends."""
    for name, sent in DIRECTORY.items():
        yield Case(f"SCIM: {name}", partial(_directed, *sent))


def _people(share: float) -> int:
    return max(10, int(PEOPLE * share))


def _members(first: int, share: float) -> list[dict[str, str]]:
    return [{"value": str(first + n)} for n in range(_people(share))]


def _operations(_share: float, *some: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [_PATCH], "Operations": list(some)}


Body = Callable[[int, float], Any]
DIRECTORY: dict[str, tuple[str, str, Body]] = {
    "a filter of 99,000 characters": ("POST", "/Users/.search", lambda f, s: {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": " or ".join(['userName eq "ada@example.com"'] * int(2_800 * s + 1))}),
    "all people": ("GET", "/Users?count=1000000", lambda f, s: None),
    "people sorted": ("GET", "/Users?sortBy=name.familyName", lambda f, s: None),
    "a filter that no index serves": (
        "GET", '/Users?filter=name.familyName co "zz" or title pr', lambda f, s: None),
    "a long filter": ("POST", "/Users/.search", lambda f, s: {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": " or ".join(f'title co "{n}"' for n in range(max(2, int(40 * s))))}),
    "a longer one in an address": (
        "GET", "/Users?filter=" + " or ".join(f'title co "a{n}"' for n in range(2_000)),
        lambda f, s: None),
    "nested brackets": ("POST", "/Users/.search", lambda f, s: {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "(" * int(400_000 * s) + 'userName eq "a"' + ")" * int(400_000 * s)}),
    "nots": ("POST", "/Users/.search", lambda f, s: {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "not (" * 150 + 'userName eq "a"' + ")" * 150}),
    "a group of all": ("POST", "/Groups", lambda f, s: {
        "schemas": [_GROUP], "displayName": f"All {f}", "members": _members(f, s)}),
    "a group read": ("GET", "/Groups/{group}", lambda f, s: None),
    "all groups": ("GET", "/Groups", lambda f, s: None),
    "all join": ("PATCH", "/Groups/{group}", lambda f, s: _operations(
        s, {"op": "add", "path": "members", "value": _members(f, s)})),
    "each joins": ("PATCH", "/Groups/{group}", lambda f, s: _operations(
        s, *({"op": "add", "path": "members", "value": [one]} for one in _members(f, s)[:500]))),
    "all leave": ("PATCH", "/Groups/{group}", lambda f, s: _operations(
        s, {"op": "remove", "path": "members", "value": _members(f, s)})),
    "each leaves": ("PATCH", "/Groups/{group}", lambda f, s: _operations(
        s, *({"op": "remove", "path": f'members[value eq "{one["value"]}"]'}
             for one in _members(f, s)[:500]))),
    "all are replaced": ("PATCH", "/Groups/{group}", lambda f, s: _operations(
        s, {"op": "replace", "path": "members", "value": _members(f, s)})),
    "it is called otherwise": ("PATCH", "/Groups/{group}", lambda f, s: _operations(
        s, {"op": "replace", "path": "displayName", "value": f"Others {f}"})),
    "as it is": ("PUT", "/Groups/{group}", lambda f, s: {
        "schemas": [_GROUP], "displayName": "Many", "members": _members(f, s)}),
    "nobody is in it": ("PUT", "/Groups/{group}", lambda f, s: {
        "schemas": [_GROUP], "displayName": "Many", "members": []}),
    "many operations": ("PATCH", "/Users/{user}", lambda f, s: _operations(
        s, *({"op": "add", "path": "emails", "value": [{"value": f"a{n}@example.com"}]}
             for n in range(int(60 * s))))),
    "many filtered operations": ("PATCH", "/Users/{user}", lambda f, s: _operations(
        s, *({"op": "replace", "path": f'emails[value eq "a{n}@example.com"].display', "value": "x"}
             for n in range(int(60 * s))))),
    "many addresses": ("POST", "/Users", lambda f, s: {
        "schemas": [_USER], "userName": f"x{f}@example.com",
        "emails": [{"value": f"a{n}@example.com"} for n in range(int(25_000 * s))]}),
    "unknown attributes": ("POST", "/Users", lambda f, s: {
        "schemas": [_USER], "userName": f"y{f}@example.com",
        **{f"a{n}": {"b": n} for n in range(int(50_000 * s))}}),
    "nested attributes": ("POST", "/Users", lambda f, s: (
        '{"userName": "z@example.com", "x": ' + "[" * int(900_000 * s))),
}  # fmt: skip


def _directory(stage: Stage, share: float) -> tuple[str, int, int]:
    """Return a directory's token, its first person of thousands, and a group of them all."""
    with stage.app.app_context():
        users = [
            User.add(f"p{n}@example.com", name=f"P {n}", roles=[]) for n in range(_people(share))
        ]
        token = Token.issue_scim(name="bench")
        commit()
        first = users[0].id
    client, headers = stage.app.test_client(), {"Authorization": f"Bearer {token}"}
    group = {"schemas": [_GROUP], "displayName": "Many", "members": _members(first, share)}
    made = client.post("/scim/v2/Groups", json=group, headers=headers)
    return token, first, made.json["id"]


def _directed(method: str, path: str, body: Body, stage: Stage, share: float) -> Send:
    token, first, group = stage.once("directory", lambda: _directory(stage, share))
    given, client = body(first, share), stage.app.test_client()
    told = given if isinstance(given, str) or given is None else json.dumps(given)
    where = "/scim/v2" + path.replace("{group}", str(group)).replace("{user}", str(first))
    headers = {"Authorization": f"Bearer {token}"}
    return lambda: client.open(where, method=method, data=told, content_type=_SCIM, headers=headers)
