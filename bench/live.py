"""Many open pages: `python -m bench.live [STREAMS] [WORKERS]`, with `DATABASE_URL` for PostgreSQL.

Opens 2,000 streams of one plan, posts 30 comments, and says how soon every stream was told of each,
what a stream costs in memory, and what the streams cost the processor when nothing happens and
when something does, against writing the same bytes to the same number of sockets. Fails when a
stream missed one, was told later than a second after, or costs more than 26 KB.
The database that `DATABASE_URL` names gets tables of ours and rows: name an empty one.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from planpush import create_app
from planpush.accounts.sessions import SignInLink
from planpush.accounts.user import User
from planpush.config import Config
from planpush.database.session import commit, db
from planpush.events.event import Event
from planpush.operations.migrations import migrate
from planpush.plans.plan import Plan
from planpush.versions.request import Push, SectionPush

COMMENTS, EACH, PAUSE, QUIET = 30, 20, 0.1, 10.0
MOST_KB, MOST_SECONDS = 26.0, 1.0
MOST_IDLE, MOST_RAW = 0.5, 4.0  # per cent of a processor; multiples of the ceiling
ID = re.compile(rb"^id: (\d+)$", re.MULTILINE)
"""An id line of the stream; the last one says up to which event it was told."""


class Stream:
    """One open page: when it was told up to which event."""

    def __init__(self) -> None:
        self.told: list[tuple[int, float]] = []
        self.joined = asyncio.Event()

    async def follow(self, port: int, cookie: str, since: int) -> None:
        """Open the stream and note what comes until it is cancelled."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = (f"GET /p/live/events?since={since} HTTP/1.1", "Host: bench", f"Cookie: {cookie}")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode("latin-1"))
            self.joined.set()
            while chunk := await reader.read(65536):
                for found in ID.findall(chunk.replace(b"\r", b"")):
                    self.told.append((int(found), time.monotonic()))
        finally:
            writer.close()

    def when(self, event_id: int) -> float:
        """Return when it was told of an event, infinity if never."""
        return next((at for told, at in self.told if told >= event_id), float("inf"))


class Served:
    """A server with one plan and enough people."""

    def __init__(self, folder: Path, workers: int, people: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        ours = {"SECRET_KEY": "b" * 40, "DATA_DIR": str(folder), "BASE_URL": self.base}
        self.env = os.environ | ours | {"RATE_LIMITS": "off", "WORKER": "off"}
        self.workers, self.app = workers, create_app(Config.from_env(self.env))
        with self.app.app_context():
            migrate()
            owner = User.add("owner@example.com", name="Owner", roles=["developer"])
            plan = Plan.start(title="Live", wish="live", visibility="published", by=owner)
            html = '<section data-anchor="a"><h2>A</h2><p>Words.</p></section>'
            plan.push(Push([SectionPush("a", html=html)]), by=owner)
            for n in range(people):
                User.add(f"p{n}@example.com", name=f"Person {n}", roles=["developer"])
            commit()
            self.links = [self._link(user) for user in db.session.scalars(User.people())]
            commit()

    def _link(self, user: User) -> str:
        return f"{self.base}/sign-in/local?token={SignInLink.issue(user)}"

    @contextmanager
    def running(self) -> Iterator[int]:
        """Serve; yield the master's process id."""
        command = [sys.executable, "-m", "planpush", "serve", "--port", str(self.port)]
        command += ["--workers", str(self.workers)]
        process = subprocess.Popen(
            command, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait(self.base, process)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    def cookie(self, link: str) -> str:
        """Sign in and return the Cookie header."""
        with requests.Session() as http:
            http.get(link, allow_redirects=False, timeout=20)
            return "; ".join(f"{one.name}={one.value}" for one in http.cookies)

    def newest(self) -> int:
        """Return the id of the newest event."""
        with self.app.app_context():
            return Event.newest_of_all()


def _wait(base: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"{base}/healthz", timeout=5).close()
            return
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.1)
    sys.exit(f"nothing serves {base}; exit code {process.poll()}")


def family(master: int) -> list[int]:
    """Return the processes that a master started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(parts[1]) == master:
            found.append(int(stat.parent.name))
    return found


def memory_kb(processes: list[int]) -> int:
    """Return the memory of processes, what they share counted once."""
    total = 0
    for process in processes:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        total += sum(int(kb) for kb in re.findall(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE))
    return total


def processor_seconds(processes: list[int]) -> float:
    """Return the processor time that processes have used."""
    ticks = 0
    for process in processes:
        parts = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(parts[11]) + int(parts[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def post(served: Served, cookie: str, many: int) -> list[tuple[int, float]]:
    """Post the comments, one after the other; return each one's event and when it was answered."""
    posted = []
    with requests.Session() as http:
        http.headers["Cookie"] = cookie
        http.headers["Origin"] = served.base
        for n in range(many):
            form = {"anchor": "a", "body": f"Comment {n}"}
            address = f"{served.base}/p/live/threads"
            answer = await asyncio.to_thread(
                http.post, address, data=form, allow_redirects=False, timeout=20
            )
            assert answer.status_code == 303, answer.text
            posted.append((served.newest(), time.monotonic()))
            await asyncio.sleep(PAUSE)
    return posted


async def raw(count: int, chunk: bytes) -> float:
    """Return the processor time of writing `chunk` once to `count` sockets: the ceiling."""
    gone: list[asyncio.StreamWriter] = []

    async def accept(_reader: Any, writer: asyncio.StreamWriter) -> None:
        gone.append(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, backlog=4096)
    port = server.sockets[0].getsockname()[1]
    there = [await asyncio.open_connection("127.0.0.1", port) for _ in range(count)]
    while len(gone) < count:
        await asyncio.sleep(0.05)
    began = time.process_time()
    for writer in gone:
        writer.write(chunk)
    spent = time.process_time() - began
    for writer in (*gone, *(writer for _, writer in there)):
        writer.close()
    server.close()
    return spent


async def measure(served: Served, master: int, count: int) -> int:
    """Open the streams, post, and print what came of it."""
    writer, *cookies = [await asyncio.to_thread(served.cookie, link) for link in served.links]
    workers = family(master)
    await asyncio.sleep(1)
    await post(served, writer, 5)  # what is done once is done
    alone = processor_seconds(workers)
    await post(served, writer, COMMENTS)
    alone = processor_seconds(workers) - alone
    before, since = memory_kb(workers), served.newest()
    streams = [Stream() for _ in range(count)]
    tasks = [
        asyncio.create_task(one.follow(served.port, cookies[n // EACH], since))
        for n, one in enumerate(streams)
    ]
    await asyncio.wait_for(asyncio.gather(*(one.joined.wait() for one in streams)), 120)
    await asyncio.sleep(3)
    each = (memory_kb(workers) - before) / count
    idle = processor_seconds(workers)
    await asyncio.sleep(QUIET)
    idle = processor_seconds(workers) - idle
    busy, began = processor_seconds(workers), time.monotonic()
    posted = await post(served, writer, COMMENTS)
    await asyncio.sleep(2)
    busy = processor_seconds(workers) - busy - idle / QUIET * (time.monotonic() - began)
    late = sorted(one.when(event_id) - at for event_id, at in posted for one in streams)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(f"  memory of a stream       {each:8.1f} KB   (at most {MOST_KB:.0f})")
    print(f"  told after the answer    {late[len(late) // 2]:8.3f} s    median")
    print(f"                           {late[int(len(late) * 0.99)]:8.3f} s    99 of 100")
    print(f"                           {late[-1]:8.3f} s    last   (at most {MOST_SECONDS:.0f})")
    never = sum(one == float("inf") for one in late)
    print(f"  never told               {never:8d}      of {len(late):,}")
    ceiling = await raw(count, b"x" * 48)
    print(f"  processor, nothing to do {100 * idle / QUIET:8.2f} %    (at most {MOST_IDLE:g})")
    print(f"  processor of a comment   {1000 * alone / COMMENTS:8.1f} ms   with no page open")
    print(f"  and of telling all       {1000 * (busy - alone) / COMMENTS:8.1f} ms")
    print(f"  raw writes of the same   {1000 * ceiling:8.1f} ms")
    ratio = (busy - alone) / COMMENTS / ceiling
    print(f"  telling in raw writes    {ratio:8.1f} ×    (at most {MOST_RAW:g})")
    return 0 if each <= MOST_KB and late[-1] <= MOST_SECONDS else 1


def main() -> int:
    """Print the figures; 1 when a gate does not hold."""
    told = [int(one) for one in sys.argv[1:3]]
    count, workers = (*told, 2000, 2)[:2] if len(told) != 1 else (told[0], 2)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        served = Served(Path(folder), workers, -(-count // EACH))
        engine = urlsplit(served.env.get("DATABASE_URL", "sqlite:")).scheme
        print(f"{count} streams, {workers} workers, {engine}")
        with served.running() as master:
            return asyncio.run(measure(served, master, count))


if __name__ == "__main__":
    sys.exit(main())
