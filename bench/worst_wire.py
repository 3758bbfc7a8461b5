"""Long headers, forms, files, JSON and messages of other programs, for `bench.worst`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from typing import Any

from bench.worst_stage import Case, Send, Stage
from planpush.db import commit
from planpush.models.token import Token
from planpush.models.user import User

LONG = 15_000_000  # bytes of a body: a little less than the largest that is read
HEADER = 60_000  # bytes of a header: as much as servers in front pass on
PEOPLE = 1_000
_SCIM = "application/scim+json"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_USER, _GROUP = (f"urn:ietf:params:scim:schemas:core:2.0:{kind}" for kind in ("User", "Group"))


def cases() -> Iterator[Case]:
    """Yield requests whose form is what costs."""
    for name, headers in HEADERS.items():
        yield Case(f"header: {name}", partial(_headed, headers))
    for name, query in QUERIES.items():
        yield Case(f"query: {name}", partial(_queried, query))
    for (kind, body), path in ((one, path) for one in FORMS.items() for path in TAKERS):
        yield Case(f"form: {kind} to {path}", partial(_formed, path, body))
    for name, made in MESSAGES.items():
        yield Case(f"MCP: {name}", partial(_told, made))
    for name, sent in DIRECTORY.items():
        yield Case(f"SCIM: {name}", partial(_directed, *sent))
    for name, (path, made_body) in PROGRAMS.items():
        yield Case(f"{path}: {name}", partial(_posted, path, made_body))


HEADERS: dict[str, Callable[[int], dict[str, str]]] = {
    "many cookies": lambda n: {"Cookie": "; ".join(f"a{i}=b" for i in range(n // 8))},
    "a long cookie": lambda n: {"Cookie": "planpush=" + "a" * n},
    "a quoted cookie": lambda n: {"Cookie": 'planpush="' + "\\073" * (n // 4) + '"'},
    "a session that is none": lambda n: {"Cookie": "session=" + "." + "A" * n + ".a.a"},
    "many entity tags": lambda n: {"If-None-Match": ", ".join('"a"' for _ in range(n // 5))},
    "an open entity tag": lambda n: {"If-None-Match": '"' * n},
    "languages": lambda n: {"Accept-Language": ",".join("a;q=0.1" for _ in range(n // 8))},
    "types": lambda n: {"Accept": ",".join("a/b;q=0.1;c=d" for _ in range(n // 14))},
    "a type's parameters": lambda n: {"Content-Type": "text/html" + ";a=b" * (n // 4)},
    "ranges": lambda n: {"Range": "bytes=" + ",".join("1-2" for _ in range(n // 4))},
    "a token": lambda n: {"Authorization": "Bearer ppt_" + "a" * n},
    "a page": lambda n: {"HX-Current-URL": "http://localhost/" + "a?" * (n // 2)},
    "forwarded": lambda n: {"X-Forwarded-For": "1.1.1.1, " * (n // 9)},
    "agent": lambda n: {"User-Agent": "Mozilla/5.0 (" * (n // 13)},
}
QUERIES: dict[str, Callable[[int], str]] = {
    "many fields": lambda n: "&".join(f"a{i}=b" for i in range(n // 8)),
    "many of one": lambda n: "q=a&" * (n // 4),
    "percent signs": lambda n: "q=" + "%25" * (n // 3),
    "broken bytes": lambda n: "q=" + "%ff" * (n // 3),
    "threads unfolded": lambda n: "&".join(f"whole={i}&kept={i}" for i in range(n // 20)),
    "a panel": lambda n: "panel=" + "whole%3D1%26" * (n // 12),
    "numbers": lambda n: "v=" + "9" * n,
}
FORMS: dict[str, Callable[[float], tuple[bytes, str]]] = {
    "many fields": lambda share: (
        b"&".join(b"a%d=b" % n for n in range(int(1_000_000 * share))),
        "application/x-www-form-urlencoded",
    ),
    "one field often": lambda share: (
        b"id=1&" * int(LONG // 5 * share),
        "application/x-www-form-urlencoded",
    ),
    "a long one": lambda share: (
        b"body=" + b"%41+" * int(LONG // 4 * share),
        "application/x-www-form-urlencoded",
    ),
    "parts": lambda share: (_parts(900), "multipart/form-data; boundary=b"),
    "too many parts": lambda share: (_parts(int(200_000 * share)), "multipart/form-data; boundary=b"),
    "a file": lambda share: (
        b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
        + b"\r\n-" * int(LONG // 3 * share)
        + b"\r\n--b--\r\n",
        "multipart/form-data; boundary=b",
    ),
    "a file of lines": lambda share: (
        b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
        + b"\n" * int(LONG * share)
        + b"\r\n--b--\r\n",
        "multipart/form-data; boundary=b",
    ),
    "a part's headers": lambda share: (
        b"--b\r\n" + b"A: b\r\n" * int(LONG // 6 * share) + b"\r\n\r\n--b--\r\n",
        "multipart/form-data; boundary=b",
    ),
    "no parts": lambda share: (b"\r\n" * int(LONG // 2 * share), "multipart/form-data; boundary=b"),
}  # fmt: skip
TAKERS = ("/plans/bulk", "/sign-in/local", "/oauth/token", "/sign-out/okta/back-channel")


def _parts(count: int) -> bytes:
    part = b'--b\r\nContent-Disposition: form-data; name="a%d"\r\n\r\nb\r\n'
    return b"".join(part % n for n in range(count)) + b"--b--\r\n"


def _call(name: str, **given: Any) -> Callable[[float], str]:
    return lambda _share: json.dumps(
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
         "params": {"name": name, "arguments": given}}
    )  # fmt: skip


MESSAGES: dict[str, Callable[[float], str]] = {
    "the tools": lambda _: '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}',
    "nested lists": lambda share: "[" * int(5_000_000 * share),
    "nested lists that end": lambda share: (
        '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "push", "arguments":'
        ' {"a": ' + "[" * 900 + "]" * 900 + "}}}"
    ),
    "many lists": lambda share: (
        '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "push", "arguments":'
        ' {"sections": [' + ",".join("{}" for _ in range(int(3_000_000 * share))) + "]}}}"
    ),
    "a long id": lambda share: '{"jsonrpc": "2.0", "method": "ping", "id": ' + "9" * 4_000 + "}",
    "a longer id": lambda share: (
        '{"jsonrpc": "2.0", "method": "ping", "id": ' + "9" * int(LONG * share) + "}"
    ),
    "a long text": lambda share: (
        '{"jsonrpc": "2.0", "id": 1, "method": "' + "\\u0041" * int(LONG // 6 * share) + '"}'
    ),
    "many keys": lambda share: (
        '{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {'
        + ",".join(f'"a{n}": {n}' for n in range(int(900_000 * share))) + "}}"
    ),
    "a section of 1 MB": lambda share: _call(
        "section_put", plan="nowhere", anchor="a", base_version=1,
        html="<section data-anchor='a'>" + "<p>a</p>" * int(29_000 * share) + "</section>",
    )(share),
    "a push": lambda share: _call(
        "push", title="A",
        sections=[{"anchor": f"s{n}", "html": f"<section data-anchor='s{n}'><h2>S</h2>"
                   + "<p>a b c d e f g h</p>" * 14 + "</section>"}
                  for n in range(max(1, int(2_000 * share)))],
    )(share),
    "plans": _call("plans_list", q="a " * 12),
}  # fmt: skip


def _people(share: float) -> int:
    return max(10, int(PEOPLE * share))


def _members(first: int, share: float) -> list[dict[str, str]]:
    return [{"value": str(first + n)} for n in range(_people(share))]


def _operations(share: float, *some: dict[str, Any]) -> dict[str, Any]:
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
             for n in range(int(500 * s))))),
    "many filtered operations": ("PATCH", "/Users/{user}", lambda f, s: _operations(
        s, *({"op": "replace", "path": f'emails[value eq "a{n}@example.com"].display', "value": "x"}
             for n in range(int(500 * s))))),
    "many addresses": ("POST", "/Users", lambda f, s: {
        "schemas": [_USER], "userName": f"x{f}@example.com",
        "emails": [{"value": f"a{n}@example.com"} for n in range(int(25_000 * s))]}),
    "unknown attributes": ("POST", "/Users", lambda f, s: {
        "schemas": [_USER], "userName": f"y{f}@example.com",
        **{f"a{n}": {"b": n} for n in range(int(50_000 * s))}}),
    "nested attributes": ("POST", "/Users", lambda f, s: (
        '{"userName": "z@example.com", "x": ' + "[" * int(900_000 * s))),
}  # fmt: skip
PROGRAMS: dict[str, tuple[str, Callable[[float], tuple[bytes, str]]]] = {
    "a long registration": ("/oauth/register", lambda share: (
        json.dumps({"client_name": "a", "redirect_uris":
                    [f"http://localhost:{n}/a" for n in range(2_000)]}).encode(),
        "application/json")),
    "a longer one": ("/oauth/register", lambda share: (b"[" * 5_000_000, "application/json")),
    "a long logout token": ("/sign-out/okta/back-channel", lambda share: (
        b"logout_token=" + b"eyJh." * int(3_000_000 * share),
        "application/x-www-form-urlencoded")),
    "a long code": ("/oauth/token", lambda share: (
        b"grant_type=authorization_code&code=" + b"a" * int(LONG * share),
        "application/x-www-form-urlencoded")),
    "many scopes": ("/oauth/device_authorization", lambda share: (
        b"client_id=planpush-cli&scope=" + b"plans:read+" * int(1_000_000 * share),
        "application/x-www-form-urlencoded")),
}  # fmt: skip


def _headed(made: Callable[[int], dict[str, str]], stage: Stage, share: float) -> Send:
    slug = stage.once("headed", lambda: stage.plan(["<p>Words.</p>"]))
    headers = made(max(100, int(HEADER * share)))
    return lambda: stage.alice.get(f"/p/{slug}", headers=headers)


def _queried(made: Callable[[int], str], stage: Stage, share: float) -> Send:
    slug = stage.once("headed", lambda: stage.plan(["<p>Words.</p>"]))
    query = made(max(100, int(HEADER * share)))
    return lambda: stage.alice.get(f"/p/{slug}?{query}")


def _formed(
    path: str, made: Callable[[float], tuple[bytes, str]], stage: Stage, share: float
) -> Send:
    body, kind = made(share)
    return lambda: stage.alice.send("POST", path, BytesIO(body), **{"Content-Type": kind,
                                    "Content-Length": str(len(body))})  # fmt: skip


def _posted(
    path: str, made: Callable[[float], tuple[bytes, str]], stage: Stage, share: float
) -> Send:
    body, kind = made(share)
    client = stage.app.test_client()
    return lambda: client.post(path, data=body, content_type=kind)


def _told(made: Callable[[float], str], stage: Stage, share: float) -> Send:
    text = made(share)
    return lambda: stage.api("POST", "/mcp", data=text, content_type="application/json")


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
