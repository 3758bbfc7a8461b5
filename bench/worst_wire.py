"""Long headers, forms, files, JSON and messages of other programs, for `bench.worst`."""
# ruff: noqa: ARG005 - what is made is made of how much of it is wanted

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from typing import Any

from bench.worst_stage import Case, Send, Stage

LONG = 15_000_000  # bytes of a body: a little less than the largest that is read
FORM = 490_000  # bytes of a form, a little less than are taken
HEADER = 60_000  # bytes of a header: as much as servers in front pass on


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
        b"&".join(b"a%d=b" % n for n in range(int(55_000 * share))),
        "application/x-www-form-urlencoded",
    ),
    "one field often": lambda share: (
        b"a=&" * int(FORM // 3 * share),
        "application/x-www-form-urlencoded",
    ),
    "a long one": lambda share: (
        b"body=" + b"%41+" * int(FORM // 4 * share),
        "application/x-www-form-urlencoded",
    ),
    "parts": lambda share: (_parts(900), "multipart/form-data; boundary=b"),
    "too many parts": lambda share: (
        _parts(int(8_000 * share)),
        "multipart/form-data; boundary=b",
    ),
    "a file": lambda share: (
        b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
        + b"\r\n-" * int(FORM // 3 * share)
        + b"\r\n--b--\r\n",
        "multipart/form-data; boundary=b",
    ),
    "a file of lines": lambda share: (
        b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
        + b"\n" * int(FORM * share)
        + b"\r\n--b--\r\n",
        "multipart/form-data; boundary=b",
    ),
    "a part's headers": lambda share: (
        b"--b\r\n" + b"A: b\r\n" * int(FORM // 6 * share) + b"\r\n\r\n--b--\r\n",
        "multipart/form-data; boundary=b",
    ),
    "no parts": lambda share: (b"\r\n" * int(FORM // 2 * share), "multipart/form-data; boundary=b"),
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
        '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "push",'
        ' "arguments": {"a": ' + "[" * 900 + "]" * 900 + "}}}"
    ),
    "many lists": lambda share: (
        '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "push",'
        ' "arguments": {"sections": [' + ",".join(["{}"] * int(3_000_000 * share)) + "]}}}"
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
                   + "<p>a b c d e f g h</p>" * 28 + "</section>"}
                  for n in range(max(1, int(500 * share)))],
    )(share),
    "plans": _call("plans_list", q="a " * 12),
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
