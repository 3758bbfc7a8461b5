"""The verbs that speak to reviewers: answer says what was done about a thread, reply talks."""

from __future__ import annotations

import argparse
import sys
from typing import Dict, Iterable, Iterator

import answers
import client
import problems
from client import Server
from editing import drafts
from reading import waiting
from sending import once
from stop import FIX, Stop, one_line
from transport import Answer

STATUSES = ("applied", "partial", "declined", "question")


def answer(arguments: argparse.Namespace) -> int:
    """Answer a thread: at once, or with the next push while edits wait for that."""
    thread = thread_id(arguments.thread)
    if arguments.drop:
        return drop(thread)
    if not arguments.status:
        raise Stop(FIX, "answer takes a status", "fix: one of " + ", ".join(STATUSES))
    said = {"status": arguments.status, "note": words(arguments.note)}
    server = client.connect()
    if kept(thread, said, arguments):
        print(f"kept: the answer to thread {thread} goes with the next push")
        return 0
    found = problems.must(server, about(server, thread, "answer", said))
    with drafts() as here:
        here.responses.pop(thread, None)
    told = answers.answered(found)
    print(f"answered thread {thread}: {told.status}")
    for line in doubts([thread] if told.unchanged else []):
        print(line)
    print(left(told.unanswered))
    return 0


def kept(thread: str, said: Dict[str, str], arguments: argparse.Namespace) -> bool:
    """Keep an answer for the next push, if it is to travel with that."""
    with drafts() as here:
        if arguments.later and not here.plan:
            raise Stop(FIX, "this conversation has no plan to push yet", "fix: leave --later out")
        unpushed = here.plan and any(waiting(here)) and not arguments.now
        if not (arguments.later or unpushed):
            return False
        here.responses[thread] = said
    return True


def drop(thread: str) -> int:
    """Forget an answer that waits for the next push."""
    with drafts() as here:
        kept = here.responses.pop(thread, None)
    print(f"thread {thread}: " + ("the kept answer is dropped" if kept else "no answer was kept"))
    return 0


def reply(arguments: argparse.Namespace) -> int:
    """Add a comment to a thread."""
    thread = thread_id(arguments.thread)
    text = words(arguments.text if arguments.text is not None else "-")
    if not text:
        raise Stop(FIX, "the reply has no words", "fix: --text, or a quoted heredoc")
    server = client.connect()
    problems.must(server, about(server, thread, "comments", {"body": text}))
    print(f"replied to thread {thread}")
    return 0


def about(server: Server, thread: str, what: str, body: Dict[str, str]) -> Answer:
    """Send something about a thread."""
    found = once(server, f"/api/threads/{thread}/{what}", body)
    if found.status == 404:
        fix = "fix: `threads` lists those of this plan"
        raise Stop(FIX, f"there is no thread {thread} that you may see", fix)
    return found


def thread_id(text: str) -> str:
    """Return the id of a thread; a # before it is what pages show."""
    found = text.lstrip("#")
    if not answers.WORD.fullmatch(found):
        raise Stop(FIX, f"{one_line(text)[:80]!r} is no thread's id", "fix: `threads` lists them")
    return found


def words(text: str) -> str:
    """Return what was typed; - stands for standard input."""
    if text != "-":
        return text.strip()
    if sys.stdin.isatty():
        raise Stop(FIX, "the text is read from standard input", "fix: use a quoted heredoc")
    try:
        return sys.stdin.buffer.read().decode("utf-8").replace("\r\n", "\n").strip()
    except UnicodeDecodeError as error:
        raise Stop(FIX, f"the text is not UTF-8: {error}", "fix: send UTF-8 text") from None


def doubts(threads: Iterable[str]) -> Iterator[str]:
    """Yield a line for each thread whose text does not bear its answer out."""
    for thread in threads:
        yield f"thread {thread}: said applied, but its text is unchanged"
    if threads:
        yield "fix: change that text and push again, or answer partial or declined"


def left(unanswered: Iterable[str]) -> str:
    """Return which open threads have no answer yet."""
    listed = ", ".join(unanswered)
    return f"unanswered: {listed}" if listed else "every open thread is answered"
