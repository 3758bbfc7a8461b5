"""The verbs that only read: status, plans, threads."""

from __future__ import annotations

import argparse
import json
from typing import Any, Dict, Iterator, List

import answers
import client
import credentials
import problems
from client import Server
from editing import describe, drafts
from foreign import LEGEND, UNTRUSTED, framed
from state import Conversation
from stop import one_line
from transport import Answer


def status(_arguments: argparse.Namespace) -> int:
    """Say where we are: server, sign-in, plan, drafts, open threads."""
    server = client.connect()
    print(f"server: {server.address} (from {server.source})")
    answer = server.get("/api/plans")
    if answer.status == 401:
        raise problems.signed_out(server)
    answers.plans(problems.must(server, answer))
    print("signed in: yes" + credentials.described(server.address, server.credential))
    with drafts() as here:
        for line in about_plan(server, here):
            print(line)
        print("waits to be pushed: " + (", ".join(waiting(here)) or "nothing"))
        if here.responses:
            print("answers that go with the next push: " + ", ".join(here.responses))
    return 0


def waiting(here: Conversation) -> Iterator[str]:
    """Yield what the next push would change."""
    for one in here.edited():
        yield f"{one.anchor} ({describe(here, one)})"
    for anchor in here.removed():
        yield f"{anchor} (removed)"
    if here.reordered():
        yield "the new order of the sections"


def about_plan(server: Server, here: Conversation) -> Iterator[str]:
    """Yield the lines about the conversation's plan."""
    if not here.plan:
        yield "plan: none yet; `put` sections and push, or `use SLUG` to go on with one"
        return
    answer = server.get(f"/api/plans/{here.plan}")
    if answer.status == 404:
        yield f"plan: {here.plan} is gone or no longer shared with you; `use --new` starts another"
        return
    newest = answers.plan(problems.must(server, answer).data)
    yield f"plan: {here.plan} v{here.base} {here.url}"
    if newest.visibility:
        yield f"visibility: {newest.visibility}"
    if newest.version != here.base:
        yield f"the server is at v{newest.version}: `pull` before you push"
    count = newest.open_threads
    yield f"open threads: {count}" + ("; `threads` shows them" if count else "")


def plans(arguments: argparse.Namespace) -> int:
    """List the plans that the user may see; words narrow it."""
    server = client.connect()
    answer = problems.must(server, server.get("/api/plans", q=" ".join(arguments.words)))
    found = answers.plans(answer)
    if found:
        print("\n".join([LEGEND, *framed(map(plan_line, found))]))
    else:
        print("no plans" + (" match" if arguments.words else " yet"))
    if answer.data.get("cursor"):
        print("there are more: narrow it with words, `plans WORD…`")
    return 0


def plan_line(plan: answers.Plan) -> str:
    """Return one plan as a line."""
    version = f"v{plan.version}" if plan.version else ""
    parts = (version, plan.visibility, one_line(plan.title))
    return f"{plan.slug}: {', '.join(part for part in parts if part)}"


def threads(arguments: argparse.Namespace) -> int:
    """Print the threads of the plan, marked as data from people."""
    server = client.connect()
    with drafts() as here:
        plan = here.plan_or_stop()
    asked = server.get(f"/api/plans/{plan}/threads", state=arguments.state)
    answer = problems.must(server, asked)
    found = answers.threads(answer)
    if arguments.json:
        print(json.dumps({"untrusted": UNTRUSTED, "plan": plan, "threads": found}, indent=1))
    else:
        kind = "" if arguments.state == "all" else arguments.state + " "
        many = "" if len(found) == 1 else "s"
        print(f"{len(found)} {kind}thread{many} on {plan}, {unanswered(found)} unanswered")
        print_threads(found)
    if arguments.state != "resolved":
        keep_cursor(plan, answer)
    return 0


def unanswered(found: List[Dict[str, Any]]) -> int:
    """Return how many open threads have no answer."""
    return sum(not one.get("answer") and one.get("state") != "resolved" for one in found)


def print_threads(found: List[Dict[str, Any]]) -> None:
    """Print threads; what people wrote stands in frames."""
    if found:
        print(LEGEND)
    for thread in found:
        for line in thread_lines(thread):
            print(line)


def keep_cursor(plan: str, answer: Answer) -> None:
    """Note up to where the agent has read, for `wait`."""
    cursor = answers.text(answer.data, "cursor", answers.CURSOR, "")
    with drafts() as here:
        if cursor and here.plan == plan:
            here.cursor = cursor


def thread_lines(thread: Dict[str, Any]) -> Iterator[str]:
    """Yield one thread: facts, what people said in a frame, and what the agent answered."""
    place = thread.get("placement") or {}
    state = one_line(thread.get("state") or "open")
    origin = one_line(thread.get("anchor") or "whole document")
    facts = ["" if state == "open" else state, origin, one_line(place.get("state") or "")]
    if place.get("anchor") and place["anchor"] != origin:
        facts.append(f"now in {one_line(place['anchor'])}")
    facts += ["blocking"] if thread.get("blocking") else []
    yield f"thread {one_line(thread.get('id'))}: {', '.join(fact for fact in facts if fact)}"
    yield from framed(said(thread))
    answer = thread.get("answer") or {}
    if answer.get("status"):
        unchanged = ", but the text is unchanged" if answer.get("unchanged") else ""
        yield f"answered: {one_line(answer['status'])}{unchanged}"
    elif state == "open":
        yield "not answered"


def said(thread: Dict[str, Any]) -> Iterator[str]:
    """Yield the words of the document and of its reviewers."""
    for name in ("row", "column", "quote", "now"):
        if thread.get(name):
            yield f"{name}: {one_line(thread[name])}"
    for comment in thread.get("comments") or []:
        author = comment.get("author") or {}
        via = f", via {one_line(comment['via'])}" if comment.get("via") else ""
        yield f"{one_line(author.get('name'))} ({one_line(author.get('role'))}{via}) wrote:"
        yield from ("  " + line for line in body_lines(comment))
    note = (thread.get("answer") or {}).get("note")
    if note:
        yield "note with the answer:"
        yield from ("  " + one_line(line) for line in str(note).splitlines())


def body_lines(comment: Dict[str, Any]) -> List[str]:
    """Return a comment's lines without control characters."""
    if comment.get("deleted"):
        return ["(deleted)"]
    return [one_line(line) for line in str(comment.get("body") or "").splitlines()]
