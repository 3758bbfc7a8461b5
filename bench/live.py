"""What many open pages cost: `python -m bench live [--streams N]`.

Opens 2,000 streams of one plan, posts 30 comments, and measures how soon every stream received
each event, how much memory a stream takes, and the CPU time of the streams when nothing happens
and when something does. The latter is compared with writing the same bytes to as many sockets.
"""

from __future__ import annotations

import asyncio
import re
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from bench.harness import Served, Table, engines, is_smoke, options
from bench.plans import parts, plant
from planpush.accounts.sessions import BrowserSession
from planpush.accounts.user import User
from planpush.database.session import commit, db
from planpush.events.event import Event

STREAMS, EACH = 2_000, 20  # a person opens at most 20 streams
COMMENTS, PAUSE, QUIET = 30, 0.1, 10.0
ID = re.compile(rb"^id: (\d+)$", re.MULTILINE)  # up to which event the stream is


class Stream:
    """One open page: when it received which event."""

    def __init__(self) -> None:
        self.received: list[tuple[int, float]] = []
        self.joined = asyncio.Event()

    async def follow(self, port: int, cookie: str, since: int) -> None:
        """Open the stream and record what comes until it is canceled."""
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
                    self.received.append((int(found), time.monotonic()))
        finally:
            writer.close()

    def when(self, event_id: int) -> float:
        """Return when it received an event, infinity if never."""
        return next((at for known, at in self.received if known >= event_id), float("inf"))


def prepare(served: Served, streams: int) -> list[str]:
    """Push the plan and add people; return the cookie of each."""
    served.act(lambda: plant("live", parts(1)))
    with served.app.app_context():
        people = [
            User.add(f"p{n}@example.com", name=f"Person {n}", roles=["developer"])
            for n in range(-(-streams // EACH))
        ]
        secrets = [BrowserSession.start(user, provider="local") for user in people]
        commit()
    return [f"planpush={secret}" for secret in secrets]


async def post(served: Served, headers: dict[str, str], many: int) -> list[tuple[int, float]]:
    """Post comments; return the event of each and when it was answered."""
    posted = []
    with requests.Session() as http:
        address = f"{served.base}/api/plans/live/threads"
        for n in range(many):
            body = {"anchor": "part-0", "body": f"Comment {n}"}
            answer = await asyncio.to_thread(
                http.post, address, json=body, headers=headers, timeout=20
            )
            assert answer.status_code == 201, answer.text
            posted.append((newest(served), time.monotonic()))
            await asyncio.sleep(PAUSE)
    return posted


def newest(served: Served) -> int:
    """Return the id of the newest event."""
    with served.app.app_context():
        found = Event.newest_of_all()
        db.session.rollback()
    return found


async def raw(count: int, chunk: bytes) -> float:
    """Return the CPU milliseconds of writing `chunk` once to `count` sockets."""
    writers: list[asyncio.StreamWriter] = []

    async def accept(_reader: Any, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, backlog=4096)
    port = server.sockets[0].getsockname()[1]
    clients = [await asyncio.open_connection("127.0.0.1", port) for _ in range(count)]
    while len(writers) < count:
        await asyncio.sleep(0.05)
    begun = time.process_time()
    for writer in writers:
        writer.write(chunk)
    spent = time.process_time() - begun
    for writer in (*writers, *(writer for _, writer in clients)):
        writer.close()
    server.close()
    return 1000 * spent


async def measure(table: Table, served: Served, cookies: Sequence[str], count: int) -> None:
    """Open the streams, post, and print what came of it."""
    comments, quiet = (3, 1.0) if is_smoke() else (COMMENTS, QUIET)
    writer = served.agent()
    await asyncio.sleep(1)
    await post(served, writer, 5)  # what is done once is done
    alone = served.spent()
    await post(served, writer, comments)
    alone = (served.spent() - alone) / comments
    memory, since = sum(served.memory().values()), newest(served)
    streams = [Stream() for _ in range(count)]
    tasks = [
        asyncio.create_task(stream.follow(served.port, cookies[n // EACH], since))
        for n, stream in enumerate(streams)
    ]
    await asyncio.wait_for(asyncio.gather(*(stream.joined.wait() for stream in streams)), 120)
    await asyncio.sleep(3)
    memory = sum(served.memory().values()) - memory
    idle = served.spent()
    await asyncio.sleep(quiet)
    idle = (served.spent() - idle) / quiet  # CPU milliseconds a second
    busy, begun = served.spent(), time.monotonic()
    posted = await post(served, writer, comments)
    await asyncio.sleep(2)
    busy = (served.spent() - busy - idle * (time.monotonic() - begun)) / comments - alone
    late = sorted(stream.when(event_id) - at for event_id, at in posted for stream in streams)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    base, engine = await raw(count, b"x" * 48), served.engine
    table.add("memory of a stream", 1000 * memory / count, 26, unit="KB", engine=engine)
    times = {"median": 1000 * late[len(late) // 2], "p99": 1000 * late[int(0.99 * len(late))]}
    table.add("last stream received a comment", late[-1], 1, unit="s", engine=engine, **times)
    ratio = busy / base
    table.add("a comment to all / raw writes", ratio, 4, engine=engine, cpu=busy, base=base)
    table.add("streams when nothing happens", idle / 10, 0.5, unit="% CPU", engine=engine)


def main(given: Sequence[str] | None = None) -> int:
    """Measure each engine; return 1 if a goal is missed."""
    parser = options(__doc__)
    parser.add_argument("--streams", type=int, default=20 if is_smoke() else STREAMS)
    streams, table = parser.parse_args(given).streams, Table()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for engine in engines():
        with tempfile.TemporaryDirectory() as folder:
            served = Served(Path(folder), engine, workers=2)
            cookies = prepare(served, streams)
            with served.running():
                asyncio.run(measure(table, served, cookies, streams))
    return table.close()


if __name__ == "__main__":
    sys.exit(main())
