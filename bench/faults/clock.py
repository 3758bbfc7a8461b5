"""The clock jumps a day ahead and a day back in a write storm, by libfaketime; timers go on."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import requests

from bench.faults.gone import Stream
from bench.faults.stage import Stage, Watch, stormy
from bench.faults.table import Table
from tests.system.serving import Visitor

JUMPS = ("+86400", "+0", "-86400", "+0")


def run(folder: Path, url: str, *, smoke: bool) -> Table:
    """Let only the server believe another time; ours goes on."""
    table = Table("clock jumps by a day, SQLite")
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        table.goal("libfaketime is there: apt-get install faketime", "it is not", met=False)
        return table
    when = folder / "when"
    when.write_text("+0\n")
    stage = Stage(
        folder, url, LD_PRELOAD=str(found[0]), FAKETIME_TIMESTAMP_FILE=str(when),
        FAKETIME_CACHE_DURATION="1", FAKETIME_DONT_FAKE_MONOTONIC="1", RATE_LIMITS="on",
    ).open()  # fmt: skip
    with stormy(stage, table, 2, pause=1.0) as watch:
        jump(stage, watch, table, when, 2 if smoke else 10)
    return table


def jump(stage: Stage, watch: Watch, table: Table, when: Path, seconds: float) -> None:
    """Jump, and look each time whether people notice."""
    began, stream, bob = time.monotonic(), Stream(stage), Visitor(stage, "bob")
    thread = started(stage)
    for number, to in enumerate(JUMPS, 1):
        when.write_text(f"{to}\n")
        back = stage.wait_for_more()
        table.goal(f"{to:>6} s: writes go on", f"{back:.1f} s", met=back < 10)
        status = reply(stage, thread, f"reply {number}")
        table.goal(f"{to:>6} s: somebody replies", status, met=status == 201)
        if to == "+86400":
            lock_out(stage, table)
        if to == "-86400" or number == len(JUMPS):
            page = bob.get("/dashboard")
            here = page.status_code == 200 and "/sign-in" not in urlsplit(page.url).path
            table.goal(f"{to:>6} s: who was signed in is so still", here, met=here)
        time.sleep(seconds)
        table.goal(f"{to:>6} s: a stream is told", stream.heard(20), met=stream.count > 0)
        if to == "+0" and number == 2:
            lock_out(stage, table, over=True)
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


def lock_out(stage: Stage, table: Table, *, over: bool = False) -> None:
    """Try wrong sign-in links until it is too often; later: try again."""
    address = f"{stage.base}/sign-in/local?token=wrong"
    answer = requests.get(address, timeout=30, allow_redirects=False)
    while not over and answer.status_code != 429:
        answer = requests.get(address, timeout=30, allow_redirects=False)
    if over:
        wait = int(answer.headers.get("Retry-After", "0"))
        table.goal("a lock-out of the wrong day is over", f"{wait} s left", met=wait <= 120)
