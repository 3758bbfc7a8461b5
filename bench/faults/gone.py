"""PostgreSQL is gone for 30 seconds: stopped, so that it refuses; then frozen, so that it hangs."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import requests

from bench.faults.postgres import Postgres
from bench.faults.stage import Stage, Watch
from bench.faults.table import Table
from planpush.database.outages import GONE, SENTENCES
from planpush.operations.readiness import SILENT
from tests.system.serving import Visitor


def run(folder: Path, url: str, *, smoke: bool) -> Table:
    """Stop and start the PostgreSQL of `folder`, then freeze and thaw it."""
    seconds = 4 if smoke else 30
    table = Table(f"PostgreSQL gone for {seconds} s")
    postgres = again(folder, url)
    stage = Stage(folder, url, WEB_THREADS="4").open()
    watch, stream = Watch(stage.base), Stream(stage)
    try:
        stage.storm()
        stage.wait_for_more()
        for how in (stopped, frozen):
            how(postgres, stage, watch, table, seconds)
        said = stage.api(
            "alice", "POST", "/api/plans/plan-0/threads", json={"anchor": "one", "body": "Last."}
        )
        heard = stream.heard(5 if said.status_code == 201 else 0)
        table.goal("a stream tells of what comes after", heard, met=heard)
        stage.finish()
        stage.check(table)
    finally:
        postgres.signal(signal.SIGCONT)
        watch.stop()
        stage.destroy()
    return table


def stopped(postgres: Postgres, stage: Stage, watch: Watch, table: Table, seconds: float) -> None:
    """It refuses connections."""
    since = time.monotonic()
    postgres.stop()
    said = watch.until(SENTENCES[GONE])
    table.goal(f"stopped: /readyz says “{SENTENCES[GONE]}”", f"after {said:.1f} s", met=said < 10)
    time.sleep(seconds)
    postgres.start()
    back_again(stage, watch, table, since)


def frozen(postgres: Postgres, stage: Stage, watch: Watch, table: Table, seconds: float) -> None:
    """It takes connections and says nothing."""
    since = time.monotonic()
    watch.slowest = 0.0
    postgres.signal(signal.SIGSTOP)
    said = watch.until(SILENT.message)
    table.goal(f"frozen: /readyz says “{SILENT.message}”", f"after {said:.1f} s", met=said < 10)
    time.sleep(seconds)
    postgres.signal(signal.SIGCONT)
    back_again(stage, watch, table, since)
    table.goal(
        "/readyz answers within 4 s, whatever hangs",
        f"{watch.slowest:.2f} s",
        met=watch.slowest < 4,
    )


def back_again(stage: Stage, watch: Watch, table: Table, since: float) -> None:
    """Wait until it works again."""
    back, ready = stage.wait_for_more(), watch.until("ready")
    table.goal("it is there: writes go on by themselves", f"{back:.1f} s", met=back < 40)
    table.goal("/readyz is ready again", f"{ready:.1f} s", met=ready < 20)
    table.note("what /readyz said", watch.words(since))


class Stream:
    """An open page: it comes back when its stream breaks off, and counts what it is told."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.count, self.last = stage, 0, ""
        self.visitor = Visitor(stage, "bob")
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def _follow(self) -> None:
        while not self.stage.over.is_set():
            try:
                headers = {"Last-Event-ID": self.last} if self.last else {}
                address = f"{self.stage.base}/p/plan-0/events"
                with self.visitor.http.get(
                    address, stream=True, timeout=60, headers=headers
                ) as answer:
                    for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
                        self.count += line == "event: threads"
                        self.last = line[4:] if line[:3] == "id:" else self.last
            except requests.RequestException:
                pass
            time.sleep(0.5)

    def heard(self, seconds: float) -> bool:
        """Tell whether it is told of something within so many seconds."""
        before, ends = self.count, time.monotonic() + seconds
        while self.count == before and time.monotonic() < ends:
            time.sleep(0.05)
        return self.count > before


def again(folder: Path, url: str) -> Postgres:
    """Return the server that was started in `folder`."""
    found = Postgres.__new__(Postgres)
    found.folder, found.url = folder / "pg", url
    return found.known()
