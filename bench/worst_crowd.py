"""A plan with as many threads and comments as one takes: what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bench.worst_crowd_stage import SECTIONS, crowd, sections
from bench.worst_documents import prose
from bench.worst_stage import Case, Send, Stage
from planpush.api.request_bodies import MOST_ANSWERS
from planpush.comments import thread

THREADS = thread.MOST - 10  # of five comments each: one more is taken, and another
READ = ("", "?thread={last}", "/threads?show=all", "/threads?show=mentions&by=me", "/threads/live",
        "/threads/{last}", "/threads/new?anchor=s0&block=1&v=1", "/document", "/viewers",
        "/review", "/updates", "/updates/new", "/sign-off", "/history", "/compare?from=1&to=2",
        "/export.html", "/export.md", "/export.json", "/deletion", "/owner", "/editors",
        "/mentions/new?q=b", "/versions/2/purge", "/versions/1/restoration")  # fmt: skip
ASKED = ("/threads?state=all", "/outline", "/gate", "/wait?timeout=0&since=cDA",
         "/compare?from=1&to=2", "", "/document")  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield what is asked of a plan with thousands of threads."""
    for path in READ:
        yield Case(f"{THREADS:,} threads: GET /p/…{path}", partial(_read, path))
    for path in ASKED:
        yield Case(f"{THREADS:,} threads: GET /api/plans/…{path}", partial(_asked, path))
    for name in EDITS:
        yield Case(f"{THREADS:,} threads: push, {name}", partial(_pushed, name))
    for name, send in DEEDS.items():
        yield Case(f"{THREADS:,} threads: {name}", partial(_done, send))


def _kept(stage: Stage, share: float) -> tuple[str, int]:
    return stage.once("crowd", lambda: crowd(stage, _many(share), _texts(share)))


def _many(share: float) -> int:
    return max(10, int(THREADS * share))


def _texts(share: float) -> list[str]:
    return prose(max(40, int(THREADS * share)), 20, 1)


def _read(path: str, stage: Stage, share: float) -> Send:
    slug, last = _kept(stage, share)
    told = path.format(last=last)
    who = stage.alice if path.endswith("/restoration") else stage.ada
    return lambda: who.get(f"/p/{slug}{told}")


def _asked(path: str, stage: Stage, share: float) -> Send:
    slug, _ = _kept(stage, share)
    return lambda: stage.api("GET", f"/api/plans/{slug}{path}")


def _reworded(text: str) -> str:
    """Every fourth word is another: no quote stands as it did."""
    words = text.split()
    return " ".join("other" if n % 4 == 1 else word for n, word in enumerate(words))


EDITS: dict[str, Callable[[list[str]], list[str]]] = {
    "all words change": lambda texts: [_reworded(text) for text in texts],
    "all blocks are gone": lambda texts: prose(len(texts), 20, 2, 900),
    "the order is turned": lambda texts: texts[::-1],
    "blocks are one": lambda texts: [" ".join(_reworded(t) for t in texts[:800]), *texts[800:]],
}


def _pushed(name: str, stage: Stage, share: float) -> Send:
    texts = _texts(share)
    new = EDITS[name](texts)
    made = [crowd(stage, _many(share), texts)[0] for _ in range(stage.rounds)]
    turns = iter(made)

    def send() -> Any:
        parts = [
            {"anchor": f"s{n}", "html": f"<h2>S</h2>{part}"} for n, part in enumerate(sections(new))
        ]
        told = {"plan": next(turns), "base_version": 2, "sections": parts}
        return stage.api("POST", "/api/push", json=told)

    return send


def _form(path: str, method: str, form: dict[str, Any], stage: Stage, slug: str, last: int) -> Any:
    return stage.alice.send(method, f"/p/{slug}{path.format(last=last)}", form)


def _answered(stage: Stage, slug: str, last: int) -> Any:
    kept = [{"anchor": f"s{n}"} for n in range(SECTIONS)]
    most = min(MOST_ANSWERS, last)
    answers = [
        {"thread": str(last - n), "status": "applied", "note": "n" * 2_000} for n in range(most)
    ]
    told = {"plan": slug, "base_version": 2, "sections": kept, "responses": answers}
    return stage.api("POST", "/api/push", json=told)


DEEDS: dict[str, Callable[[Stage, str, int], Any]] = {
    "a thread more": partial(_form, "/threads", "POST", {"anchor": "s0", "v": "1", "body": "A"}),
    "a reply": partial(_form, "/threads/{last}/comments", "POST", {"body": "A"}),
    "resolve": partial(_form, "/threads/{last}/resolution", "POST", {}),
    "reopen": partial(_form, "/threads/{last}/resolution", "DELETE", {}),
    "not here": partial(_form, "/threads/{last}/placement", "POST", {"decision": "not_here"}),
    "publish": partial(_form, "/publication", "POST", {}),
    "visit": partial(_form, "/visit", "POST", {"version": "2", "until": "1"}),
    f"a push with {MOST_ANSWERS} answers": _answered,
    "sign off": lambda stage, slug, _last: stage.ada.send(
        "POST", f"/p/{slug}/sign-off", {"decision": "approve", "version": "2"}
    ),
}


def _done(send: Callable[[Stage, str, int], Any], stage: Stage, share: float) -> Send:
    slug, last = _kept(stage, share)
    return lambda: send(stage, slug, last)
