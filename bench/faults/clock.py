"""The clock jumps a day ahead and a day back: in a write storm, then slowly, with rate limits."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import requests

from bench.faults.elsewhen import tell
from bench.faults.gone import Stream
from bench.faults.stage import Stage, Watch, stormy
from bench.faults.table import Table
from tests.system.serving import Visitor

DAY = 86_400
JUMPS = (DAY, 0, -DAY, 0)


def run(folder: Path, url: str, *, smoke: bool) -> Table:
    """Let only the server believe another time; ours goes on, and so does the database's."""
    table = Table(f"clock jumps by a day, {'PostgreSQL' if url else 'SQLite'}")
    when = folder / "when"
    tell(when, 0)
    stage = Stage(folder, url, ELSEWHEN=str(when))
    stage.program = "bench.faults.elsewhen"
    with stormy(stage.open(), table) as watch:
        jump(stage, watch, table, when, 2 if smoke else 8)
    tell(when, 0)
    held(stage, table, when)
    return table


def jump(stage: Stage, watch: Watch, table: Table, when: Path, seconds: float) -> None:
    """Jump, and look each time whether people notice."""
    began, stream, bob = time.monotonic(), Stream(stage), Visitor(stage, "bob")
    thread = started(stage)
    for number, to in enumerate(JUMPS, 1):
        tell(when, to)
        back, what = stage.wait_for_more(), f"{to:>+6} s: "
        table.goal(f"{what}writes go on", f"{back:.1f} s", met=back < 10)
        status = reply(stage, thread, f"reply {number}")
        table.goal(f"{what}somebody replies", status, met=status == 201)
        if to != DAY:  # longer than a session may be idle
            page = bob.get("/dashboard")
            here = page.status_code == 200 and "/sign-in" not in urlsplit(page.url).path
            table.goal(f"{what}who was signed in is so still", here, met=here)
        time.sleep(seconds)
        table.goal(f"{what}a stream is told", stream.heard(20), met=stream.count > 0)
    kept = next(one for one in stage.threads("plan-0") if one["id"] == thread)
    said = [one["body"] for one in kept["comments"]]
    right = ["first", *(f"reply {n}" for n in range(1, len(JUMPS) + 1))]
    table.goal(
        "replies stand in the order in which they were said", said == right, met=said == right
    )
    words = watch.words(began)
    table.goal("/readyz is ready all the time", words, met=set(words) == {"ready"})


def started(stage: Stage) -> str:
    """Open a thread; return its id."""
    body = {"anchor": "one", "body": "first"}
    made = stage.api("alice", "POST", "/api/plans/plan-0/threads", json=body).json()
    return made.get("id") or made["thread"]["id"]


def reply(stage: Stage, thread: str, body: str) -> int:
    """Reply to a thread."""
    path = f"/api/threads/{thread}/comments"
    return stage.api("alice", "POST", path, json={"body": body}).status_code


def held(stage: Stage, table: Table, when: Path) -> None:
    """Start it anew with rate limits; be locked out of signing in a day ahead, then try again."""
    stage.env["RATE_LIMITS"] = "on"
    address = f"{stage.base}/sign-in/local?token=wrong"
    stage.start()
    try:
        tell(when, DAY)
        while requests.get(address, timeout=30, allow_redirects=False).status_code != 429:
            pass
        tell(when, 0)
        answer = requests.get(address, timeout=30, allow_redirects=False)
        wait = int(answer.headers.get("Retry-After", "0"))
        table.goal("a lock-out of the wrong day is over", f"{wait} s left", met=wait <= 120)
    finally:
        stage.destroy()
