"""What is asked of a plan with 500 long versions, and of streams, for `bench.worst`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from bench.worst_documents import prose
from bench.worst_stage import Case, Send, Stage

VERSIONS, PARTS = 500, 20
READ = ("", "?v=2", "/versions", "/versions?before={half}", "/history", "/compare?from=1&to={last}",
        "/compare/changes?from=1&to={last}", "/compare?from={half}&to={last}", "/document?v=1",
        "/export.html?v=1", "/export.json", "/export.md", "/deletion", "/review",
        "/versions/1/restoration", "/versions/2/purge", "/updates", "/events?since=0",
        "/events?since={half}")  # fmt: skip
ASKED = ("", "/outline", "/outline?v=1", "/compare?from=1&to={last}", "/document?v=1",
         "/wait?timeout=0&since=cDA")  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield what is asked of a plan with a long history; what changes it comes last."""
    for path in READ:
        yield Case(f"{VERSIONS} versions: GET /p/…{path}", partial(_read, path))
    for path in ASKED:
        yield Case(f"{VERSIONS} versions: GET /api/plans/…{path}", partial(_asked, path))
    yield Case(f"{VERSIONS} versions: GET /events?since=0", partial(_streamed, "/events?since=0"))
    yield Case(f"{VERSIONS} versions: push one section", _pushed)
    yield Case(f"{VERSIONS} versions: version 1 comes back", _restored)
    yield Case(f"{VERSIONS} versions: a version is purged", _purged)
    yield Case(f"{VERSIONS} versions: delete it, and take it back", _deleted)


def _parts(share: float) -> list[str]:
    """Return sections that are a full document together."""
    texts = prose(max(PARTS, int(3_000 * share)), 40, 3)
    return ["".join(f"<p>{text}</p>" for text in texts[n::PARTS]) for n in range(PARTS)]


def _grown(stage: Stage, share: float) -> tuple[str, int]:
    """Return a plan, and its newest version; one section of it changes each time."""
    parts, last = _parts(share), max(4, int(VERSIONS * share))
    slug = stage.plan(parts)
    for version in range(2, last + 1):
        answer = _push(stage, slug, version)
        assert answer.status_code == 201, answer.text[:500]
    return slug, last


def _push(stage: Stage, slug: str, version: int) -> Any:
    """Change one section, of all its words at every other turn."""
    here = version % PARTS
    text = prose(120, 40, version)
    new = {"anchor": f"s{here}", "html": f"<h2>S</h2><p>{'</p><p>'.join(text)}</p>"}
    kept = [{"anchor": f"s{n}"} for n in range(PARTS)]
    told = {"plan": slug, "sections": [*kept[:here], new, *kept[here + 1 :]]}
    return stage.api("POST", "/api/push", json=told | {"base_version": version - 1})


def _kept(stage: Stage, share: float) -> tuple[str, int]:
    found: tuple[str, int] = stage.once("history", lambda: _grown(stage, share))
    return found


def _read(path: str, stage: Stage, share: float) -> Send:
    slug, last = _kept(stage, share)
    told = path.format(half=last // 2, last=last)
    who = stage.alice if path.endswith("/restoration") else stage.ada
    return lambda: who.get(f"/p/{slug}{told}")


def _asked(path: str, stage: Stage, share: float) -> Send:
    slug, last = _kept(stage, share)
    told = path.format(last=last)
    return lambda: stage.api("GET", f"/api/plans/{slug}{told}")


def _streamed(path: str, stage: Stage, share: float) -> Send:
    _kept(stage, share)
    return lambda: stage.ada.get(path)


def _newest(stage: Stage, slug: str) -> int:
    newest: int = stage.api("GET", f"/api/plans/{slug}").json["version"]
    return newest


def _pushed(stage: Stage, share: float) -> Send:
    slug, _ = _kept(stage, share)
    return lambda: _push(stage, slug, _newest(stage, slug) + 1)


def _restored(stage: Stage, share: float) -> Send:
    slug, _ = _kept(stage, share)
    return lambda: stage.alice.send(
        "POST", f"/p/{slug}/versions/1/restoration", {"newest": str(_newest(stage, slug))}
    )


def _purged(stage: Stage, share: float) -> Send:
    slug, _ = _kept(stage, share)
    versions = iter(range(2, 2 + stage.rounds))
    return lambda: stage.ada.send("DELETE", f"/p/{slug}/versions/{next(versions)}")


def _deleted(stage: Stage, share: float) -> Send:
    slug, _ = _kept(stage, share)

    def send() -> Any:
        gone = stage.ada.send("DELETE", f"/p/{slug}")
        back = stage.ada.send("DELETE", f"/p/{slug}/deletion")
        return max((gone, back), key=lambda answer: answer.status_code)

    return send
