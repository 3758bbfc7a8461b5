"""The requests of `bench.worst`: what is sent, by whom, to which address."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from typing import Any

from bench import worst_documents as documents
from bench.worst_comments import MOST, hostile
from bench.worst_stage import Case, Send, Stage
from planpush.document.sections import MOST_SECTIONS


def cases() -> Iterator[Case]:
    """Yield every case."""
    for name, made in pages():
        yield Case(f"push: {name}", partial(_page, made, "/api/push?title=A"))
    for name, shape in documents.LINTED.items():
        yield Case(f"lint: {name}", partial(_page, shape.small, "/api/lint"))
    for name in documents.COLUMNS:
        yield Case(f"push over: {name}", partial(_pushed_over, name))
        yield Case(f"compare: {name}", partial(_compared, name))
    yield Case("compare: all sections reworded", _reworded)
    for path in ("", "/export.html", "/export.md", "/export.json", "/threads"):
        yield Case(f"read: /p/…{path}", partial(_read, path))
    for number, body in enumerate(hostile()):
        yield Case(f"comment: {body[:12]!r}", partial(_comment, number))
    yield Case("sign-off: one section 30,000 times", partial(_signed, "s1"))
    yield Case("sign-off: 30,000 unknown sections", partial(_signed, "x{}"))
    yield Case("form: 100,000 fields", _fields)
    for name, body in BODIES.items():
        yield Case(f"JSON: {name}", partial(_body, body))
    for name, query in QUERIES.items():
        yield Case(f"dashboard: {name}", partial(_asked, query))


def pages() -> Iterator[tuple[str, Callable[[float], str]]]:
    """Yield documents by name, each made by how much of it is wanted."""
    for name, (shape, _code) in documents.REFUSED.items():
        yield name, shape.small
    groups = (documents.ALLOWED, documents.MANY, {"equal headings": documents.EQUAL},
              documents.NESTED, documents.LINTED, documents.DRAWN, documents.WRITTEN,
              documents.WIDE, documents.OPENINGS, DIAGRAMS)  # fmt: skip
    for name, shape in itertools.chain(*(group.items() for group in groups)):
        yield name, shape.small
    for name, shape in documents.NEAR_SECRETS.items():
        yield f"nearly a secret {name!r}", shape.small
    for name, (_kind, _make, full) in documents.HEADERS.items():
        yield f"image {name}", partial(_image, name, full)
    yield "an honest one of 4.8 MB", lambda share: documents.honest(max(2, int(5_300 * share)))


def _drawn(text: str) -> str:
    return f'<pre class="pp-diagram" data-kind="mermaid">{escape(text)}</pre>'


DIAGRAMS = {
    "diagram, a long chain": documents.Shape(
        lambda n: _drawn("flowchart LR\n" + "\n".join(f"a{i} --> a{i + 1}" for i in range(n))), 400
    ),
    "diagram, all to all": documents.Shape(
        lambda n: _drawn(
            "flowchart LR\n" + "\n".join(f"a{i} --> b{j}" for i in range(n) for j in range(n))
        ),
        20,
    ),
    "diagram, nested groups": documents.Shape(
        lambda n: _drawn(
            "flowchart LR\n"
            + "".join(f"subgraph s{i}\n" for i in range(n))
            + "a --> b\n"
            + "end\n" * n
        ),
        60,
    ),
    "diagram, many messages": documents.Shape(
        lambda n: _drawn("sequenceDiagram\n" + "A->>B: words\n" * n), 900
    ),
    "diagrams, many": documents.Shape(lambda n: _drawn("flowchart LR\na --> b") * n, 60),
}
BODIES: dict[str, Callable[[float], str]] = {
    "nested lists": lambda share: "[" * int(5_000_000 * share),
    "nested objects": lambda share: '{"a":' * int(1_000_000 * share),
    "many sections": lambda share: json.dumps(
        {
            "title": "A",
            "sections": [
                {"anchor": f"s{n}", "html": "<p>x</p>"} for n in range(int(60_000 * share))
            ],
        }
    ),
    "many unknown fields": lambda share: json.dumps(
        {f"f{n}": n for n in range(int(300_000 * share))}
    ),
    "a long number": lambda share: '{"title": ' + "9" * int(4_000_000 * share) + "}",
}
QUERIES: dict[str, Callable[[float], str]] = {
    "many words": lambda share: "+".join(f"w{n}" for n in range(int(5_000 * share))),
    "many filters": lambda share: "+".join(f"owner:w{n}" for n in range(int(3_000 * share))),
    "quotes": lambda share: "%22" * int(10_000 * share),
    "stars": lambda share: "a*+" * int(10_000 * share),
}


def _image(name: str, full: int, share: float) -> str:
    return documents.image(name, max(1, int(full * share)))


def _page(made: Callable[[float], str], path: str, stage: Stage, share: float) -> Send:
    html = made(share)
    return lambda: stage.page(path, html)


def _paragraphs(texts: list[str]) -> list[str]:
    return ["".join(f"<p>{text}</p>" for text in texts)]


def _columns(name: str, share: float) -> tuple[list[str], list[str]]:
    old, new = documents.COLUMNS[name](max(60, int(16_000 * share)))
    return _paragraphs(old), _paragraphs(new)


def _pushed_over(name: str, stage: Stage, share: float) -> Send:
    """A version over another, with threads on it that want a place; then the former again."""
    old, new = _columns(name, share)
    slug, turns = stage.plan(old), itertools.count(1)
    for key in range(1, 31):
        where = {"anchor": "s0", "block": key, "body": "Why?"}
        answer = stage.api("POST", f"/api/plans/{slug}/threads", json=where)
        assert answer.status_code in (201, 422), answer.text

    def send() -> Any:
        base = next(turns)
        html = f"<h2>S</h2>{(new if base % 2 else old)[0]}<p>{base}</p>"
        sent = {"plan": slug, "base_version": base, "sections": [{"anchor": "s0", "html": html}]}
        return stage.api("POST", "/api/push", json=sent)

    return send


def _compared(name: str, stage: Stage, share: float) -> Send:
    slug = stage.plan(*_columns(name, share))
    return lambda: stage.alice.get(f"/p/{slug}/compare?from=1&to=2")


def _reworded(stage: Stage, share: float) -> Send:
    count = max(2, int(MOST_SECTIONS * share))
    old, new = (documents.prose(count, 760, seed) for seed in (1, 2))
    slug = stage.plan([f"<p>{text}</p>" for text in old], [f"<p>{text}</p>" for text in new])
    return lambda: stage.alice.get(f"/p/{slug}/compare?from=1&to=2")


def _read(path: str, stage: Stage, share: float) -> Send:
    texts = documents.prose(max(2, int(8_000 * share)), 20, 1)
    slug = stage.plan(_paragraphs(texts))
    return lambda: stage.alice.get(f"/p/{slug}{path}")


def _comment(number: int, stage: Stage, share: float) -> Send:
    slug, body = stage.plan(["<p>Words.</p>"]), hostile(max(300, int(MOST * share)))[number]
    form = {"anchor": "s0", "v": "1", "body": body}
    return lambda: stage.alice.send("POST", f"/p/{slug}/threads", form)


def _signed(name: str, stage: Stage, share: float) -> Send:
    slug = stage.plan(["<p>Words.</p>"] * max(2, int(MOST_SECTIONS * share)))
    names = [name.format(n) for n in range(max(2, int(30_000 * share)))]
    form = {"decision": "approve", "version": "1", "about": "some", "sections": names}
    return lambda: stage.ada.send("POST", f"/p/{slug}/sign-off", form)


def _fields(stage: Stage, share: float) -> Send:
    form = {f"f{n}": "x" for n in range(int(100_000 * share))}
    return lambda: stage.alice.send("POST", "/plans/bulk", form)


def _body(made: Callable[[float], str], stage: Stage, share: float) -> Send:
    text = made(share)
    return lambda: stage.api("POST", "/api/push", data=text, content_type="application/json")


def _asked(query: Callable[[float], str], stage: Stage, share: float) -> Send:
    text = query(share)
    return lambda: stage.alice.get(f"/dashboard?q={text}")
