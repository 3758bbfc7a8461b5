"""Wait: ask the server for feedback until somebody gives some, or the time is up."""

from __future__ import annotations

import argparse
import time

import answers
import client
import problems
from client import Server
from editing import drafts
from reading import keep_cursor, print_threads
from transport import retry_after

LONGEST = 100.0  # seconds: agents stop a command after two minutes
HELD = 50  # seconds for which a server holds an answer back


def wait(arguments: argparse.Namespace) -> int:
    """Print the feedback that people give from now on, or since it was last read."""
    end = time.monotonic() + min(arguments.timeout, LONGEST)
    server = client.connect()
    with drafts() as here:
        plan, cursor = here.plan_or_stop(), here.cursor
    cursor = cursor or begin(server, plan)
    while True:
        left = end - time.monotonic()
        seconds = max(1, min(HELD, int(left)))
        asked = server.wait(f"/api/plans/{plan}/wait", seconds, since=cursor)
        answer = problems.must(server, asked)
        if answer.status != 204:
            found = answers.threads(answer)
            print(f"new feedback on {plan}: {len(found)} threads")
            print_threads(found)
            keep_cursor(plan, answer)
            return 0
        pause = retry_after(answer.headers)
        if time.monotonic() + max(pause, 1) > end:
            print("no feedback yet")
            return 0
        time.sleep(pause)


def begin(server: Server, plan: str) -> str:
    """Return the cursor to wait from when nothing was read yet; say what is there already."""
    answer = problems.must(server, server.get(f"/api/plans/{plan}/threads", state="open"))
    count = len(answers.threads(answer))
    if count:
        there = "1 open thread is" if count == 1 else f"{count} open threads are"
        print(f"{there} there already: `threads` shows what was said")
    keep_cursor(plan, answer)
    return answers.text(answer.data, "cursor", answers.CURSOR, "")
