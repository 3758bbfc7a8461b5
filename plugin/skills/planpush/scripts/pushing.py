"""Push: sends what the server does not have, and what was said about the comments."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, Dict, Iterator, List

import answers
import client
import linting
import problems
import settings
from answering import doubts
from answers import Pushed
from client import Server
from credentials import Ended
from editing import drafts
from merging import adopt
from sending import once
from state import Conversation
from stop import FIX, Stop
from transport import Answer

Body = Dict[str, Any]
LONG = 1_000_000  # characters: from here on a push takes seconds, and says so
MOST_ANSWERS = 100  # with one push: the server takes no more


def push(arguments: argparse.Namespace) -> int:
    """Send the sections that the server does not have; say what became of them."""
    server = client.connect()
    if arguments.plan:
        with drafts() as here:
            if here.plan != arguments.plan:
                adopt(server, here, arguments.plan, discard=False)
    with drafts() as here:
        body = prepare(here, arguments, [])
    if not arguments.allow_warnings:
        stop_at_findings(server, body)
    answer = send(server, body)
    if answer.status == 422 and problems.code_of(answer) == "missing_sections":
        with drafts() as here:
            full = resend(here, problems.missing(answer, anchors_of(body)))
            body = prepare(here, arguments, full)
        answer = send(server, body)
    with drafts() as here:
        if answer.status == 409 and problems.code_of(answer) != "conflict":
            raise stale(here, answer)
        before = here.visibility
        done = answers.pushed(problems.must(server, answer, anchors_of(body), told_in(body)))
        keep(here, body, done)
        left = len(here.responses)
    report(done, answer.status, arguments, before, anchors_of(body))
    for line in answered(server, done, body.get("responses", [])):
        print(line)
    if left:
        print(f"{left} more answers are kept for the next push: planpush push")
    return 0


def told_in(body: Body) -> List[str]:
    """Return the threads that a push answers, in its order."""
    return [said["thread"] for said in body.get("responses", [])]


def answered(server: Server, done: Pushed, responses: List[Dict[str, str]]) -> Iterator[str]:
    """Yield what the push said about threads, where the text does not bear it out, what is left."""
    if responses:
        said = ", ".join(f"{one['thread']} {one['status']}" for one in responses)
        yield f"answers sent: {said}"
    if any(one["status"] == "applied" for one in responses):
        told = told_in({"responses": responses})
        asked = server.get(f"/api/plans/{done.plan}/threads", state="open")
        found = answers.threads(problems.must(server, asked))
        flagged = [one["id"] for one in found if (one.get("answer") or {}).get("unchanged")]
        yield from doubts([one for one in flagged if one in told])
    if done.unanswered:
        yield "unanswered comments: " + ", ".join(done.unanswered)


def stop_at_findings(server: Server, body: Body) -> None:
    """Stop before the push where the server's linter finds anything in what it would send."""
    try:
        found = linting.check(server, body)
    except Ended:
        raise
    except Stop:  # the push meets the same trouble and tells it; if not, the server checks it there
        return
    if found.errors or found.warnings:
        allowed = () if found.errors else ("fix: put them again, or push with --allow-warnings",)
        raise Stop(FIX, *found.lines, *allowed)


def send(server: Server, body: Body) -> Answer:
    """Send one push, the same one again if its answer never arrived."""
    size = sum(len(one.get("html") or "") for one in body["sections"])
    if size >= LONG:
        print(f"sending {size / 1e6:.1f} MB, which may take some seconds …", file=sys.stderr)
    return once(server, "/api/push", body)


def anchors_of(body: Body) -> List[str]:
    """Return the anchors of a push in its order."""
    return [one["anchor"] for one in body["sections"]]


def prepare(here: Conversation, arguments: argparse.Namespace, full: List[str]) -> Body:
    """Return the body of the push; `full` are the anchors to send whatever the server has."""
    check(here, arguments)
    body: Body = {
        "plan": here.plan,
        "base_version": here.base,
        "title": arguments.title,
        "slug": None if here.plan else arguments.slug,
        "visibility": "published" if arguments.publish else None,
        "message": arguments.message,
        "direction": arguments.direction,
        "source": {"agent": agent(), "session": settings.session()},
        "responses": [{"thread": one, **said} for one, said in here.responses.items()],
        "allow_secrets": arguments.allow_secrets or None,
    }
    nothing = ("title", "slug", "visibility", "message", "direction", "responses", "allow_secrets")
    body = {name: value for name, value in body.items() if value or name not in nothing}
    if "responses" in body:
        body["responses"] = body["responses"][:MOST_ANSWERS]
    known = here.known()
    body["sections"] = [
        one.sent(known.get(one.anchor) != one.sha256 or one.anchor in full)
        for one in here.sections
    ]
    return body


def agent() -> str:
    """Return the name of the program that runs this helper, empty when it does not tell."""
    told = os.environ.get("CLAUDE_CODE_SESSION_ID") or os.environ.get("CLAUDECODE")
    return "claude-code" if told else ""


def check(here: Conversation, arguments: argparse.Namespace) -> None:
    """Stop before the network when the push cannot be right."""
    if not here.sections:
        raise Stop(FIX, "there are no sections to push", "fix: `put ANCHOR` first")
    if not here.plan and not (arguments.title or "").strip():
        raise Stop(FIX, "a new plan needs a title", "fix: planpush push --title 'What the plan is about'")
    clashes = [one.anchor for one in here.sections if one.clash]
    if clashes:
        fix = "fix: planpush pull shows both texts; `put` the merged text of each"
        raise Stop(FIX, "changed here and on the server: " + ", ".join(clashes), fix)


def resend(here: Conversation, anchors: List[str]) -> List[str]:
    """Return the anchors to send in full, if their text is here."""
    gone = [one.anchor for one in here.sections if one.anchor in anchors and one.html is None]
    if gone:
        fix = "fix: `put` each of them again, or `rm` it"
        raise Stop(FIX, "the server no longer has the text of " + ", ".join(gone), fix)
    return anchors


def stale(here: Conversation, answer: Answer) -> Stop:
    """Return the conflict: which sections they changed, and which of those are edited here too."""
    outline = answers.entries(answer.data, "outline") if answer.data.get("outline") else []
    theirs = {entry["anchor"]: entry["sha256"] for entry in outline}
    known = here.known()
    changed = [anchor for anchor, sha in theirs.items() if known.get(anchor) != sha]
    changed += [anchor for anchor in known if outline and anchor not in theirs]
    mine = {one.was or one.anchor for one in here.edited()}
    both = [anchor for anchor in changed if anchor in mine]
    return problems.conflict(answer, str(here.plan), here.base, changed, both)


def keep(here: Conversation, body: Body, done: Pushed) -> None:
    """Note what the server has now; drafts put meanwhile stay drafts."""
    here.plan, here.base, here.url = done.plan, done.version, done.url
    for said in body.get("responses", []):
        if here.responses.get(said["thread"]) == {name: said[name] for name in ("status", "note")}:
            del here.responses[said["thread"]]
    here.visibility = done.visibility
    counts = here.open_threads()
    here.outline = [
        {
            "anchor": sent["anchor"],
            "sha256": sent["sha256"],
            "open_threads": counts.get(sent["was"] or sent["anchor"], 0),
        }
        for sent in body["sections"]
    ]
    told = {sent["anchor"]: sent["was"] for sent in body["sections"]}
    for one in here.sections:
        if one.was and told.get(one.anchor) == one.was:
            one.was = None


def report(
    done: Pushed, status: int, arguments: argparse.Namespace, before: str, anchors: List[str]
) -> None:
    """Print what the push did, one fact a line. `before` is the visibility as it was."""
    if status == 200:
        print(f"content unchanged: v{done.version} of {done.plan} has this content already")
    else:
        parts = counted(done.sections, "added", "changed", "removed", "unchanged", "sent")
        print(f"pushed v{done.version} of {done.plan}: {parts}")
    print(done.url)
    if arguments.slug and not arguments.plan and done.plan != arguments.slug:
        print(f"the plan's name is {done.plan}, not {arguments.slug}")
    places = counted(done.threads, "exact", "moved", "edited", "outdated", "orphaned")
    if places:
        print(f"comments carried over: {places}")
    for warning in done.warnings:
        print(f"warning {problems.finding(warning, anchors)}")
    for line in audience(done.visibility, before, arguments.publish):
        print(line)


def audience(visibility: str, before: str, asked: bool) -> Iterator[str]:
    """Yield who can see the plan: always while it is private, else when it is news."""
    if before and visibility != before:
        yield f"visibility: {visibility}, it was {before}"
    elif visibility == "published" and asked:
        yield "visibility: published" + (", as before" if before else "")
    if visibility == "private":
        yield "only you can see this; publish with: planpush push --publish"
    elif visibility != before:
        yield "everybody who can sign in to the server can see it"


def counted(counts: Dict[str, int], *names: str) -> str:
    """Return the counts that are not zero as words."""
    return ", ".join(f"{counts[name]} {name}" for name in names if counts.get(name))
