"""The verbs that change or show the drafts: put, rm, order, outline, lint."""

from __future__ import annotations

import argparse
import sys
from typing import ContextManager, Iterator, List, Optional

import answers
import client
import linting
import problems
import settings
import state
from state import Conversation, Section
from stop import FIX, Stop, one_line


def drafts() -> ContextManager[Conversation]:
    """Give this conversation's drafts for the server that is set."""
    return state.conversation(settings.server()[0], settings.session() or "default")


def put(arguments: argparse.Namespace) -> int:
    """Store one section from standard input, then have the server check it."""
    anchor = arguments.anchor
    if not answers.SLUG.fullmatch(anchor):
        fix = "fix: use lower-case words joined with hyphens, at most 64 characters"
        raise Stop(FIX, f"{one_line(anchor)[:80]!r} is not an anchor", fix)
    text = section_text()
    with drafts() as here:
        old = here.find(anchor)
        if arguments.append:
            text = f"{appendable(old, anchor)}\n{text}"
        draft = Section(anchor, state.digest(text), text)
        place(here, draft, old, arguments.was)
        told = f"{anchor}: {len(text.encode())} bytes, {describe(here, draft)}"
        body = {"sections": [one.sent(one is draft) for one in here.sections]}
    print(told)  # it is on the disk by now
    try:
        found = linting.check(client.connect(), body)
    except Stop as stop:
        for line in unchecked(anchor, stop):
            print(line)
        return 0
    print("".join(line + "\n" for line in found.lines), end="")
    return FIX if found.errors else 0


def unchecked(anchor: str, stop: Stop) -> Iterator[str]:
    """Yield why a section that is stored was not checked, and how to make up for it."""
    why, *rest = stop.lines
    yield f"{anchor} was saved but not checked: {why}"
    for line in rest:
        # A check needs no second `put`. What `lint` cannot mend comes before it.
        again = line.replace("the same command again", "planpush lint")
        yield again if again != line or not line.startswith("fix: ") else f"{line}, then planpush lint"


def section_text() -> str:
    """Return standard input with plain line ends and no white space around it."""
    if sys.stdin.isatty():
        raise Stop(FIX, "put reads the section from standard input", "fix: use a quoted heredoc")
    try:
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise Stop(FIX, f"the section is not UTF-8: {error}", "fix: send UTF-8 text") from None
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Stop(FIX, "standard input is empty", "fix: send the section in a quoted heredoc")
    return text


def appendable(old: Optional[Section], anchor: str) -> str:
    """Return the text to append to."""
    if old is None or old.html is None:
        first = "has no draft here yet" if old is None else "is only on the server"
        raise Stop(FIX, f"{anchor} {first}", "fix: send its first part without --append")
    return old.html


def place(here: Conversation, draft: Section, old: Optional[Section], was: Optional[str]) -> None:
    """Put the draft where its predecessor stood, else at the end."""
    if was and was != draft.anchor:
        if old is not None:
            fix = "fix: `rm` one of them, or leave --was out"
            raise Stop(FIX, f"{draft.anchor} exists already, {was} cannot become it", fix)
        old = here.find(was)
        if old is None and was not in here.known():
            raise Stop(FIX, f"there is no section {was} to rename", "fix: `outline` lists them")
        draft.was = was if was in here.known() else (old.was if old else None)
    elif old is not None:
        draft.was = old.was
    if old is None:
        here.sections.append(draft)
    else:
        here.sections[here.sections.index(old)] = draft


def rm(arguments: argparse.Namespace) -> int:
    """Take a section out of the document."""
    with drafts() as here:
        old = here.find(arguments.anchor)
        if old is None:
            raise no_section(arguments.anchor)
        here.sections.remove(old)
        count = here.open_threads().get(old.was or old.anchor, 0)
    print(f"{arguments.anchor}: removed, the next push tells the server")
    if count:
        print(f"warning: it has {talk(count)}, which would lose their place")
        print(f"fix: if it was only renamed, `put NEW --was {old.was or old.anchor}`")
    return 0


def no_section(anchor: str) -> Stop:
    """Return the stop for an anchor that is not in the document."""
    return Stop(FIX, f"there is no section {anchor}", "fix: `outline` lists them")


def order(arguments: argparse.Namespace) -> int:
    """Put the named sections first in the order given; the others follow as they are."""
    with drafts() as here:
        first: List[Section] = []
        for anchor in arguments.anchors:
            one = here.find(anchor)
            if one is None:
                raise no_section(anchor)
            if one not in first:
                first.append(one)
        here.sections = first + [one for one in here.sections if one not in first]
        told = [one.anchor for one in here.sections]
    print("order: " + " ".join(told))
    return 0


def outline(_arguments: argparse.Namespace) -> int:
    """Print the sections in order, with what the next push would do and open comments."""
    with drafts() as here:
        newest = refresh(here)
        counts = here.open_threads()
        for one in here.sections:
            count = counts.get(one.was or one.anchor, 0)
            told = f", {talk(count)}" if count else ""
            print(f"{one.anchor}: {describe(here, one)}{told}")
        for anchor in here.removed():
            print(f"{anchor}: removed, {talk(counts.get(anchor, 0))}")
        if not here.sections:
            print("no sections yet: `put ANCHOR`, or `use SLUG` to go on with a plan")
        if newest and newest != here.base:
            print(f"the server is at v{newest}, you started from v{here.base}: `pull`")
    return 0


def talk(count: int) -> str:
    """Return how many comments are open, in words."""
    return f"{count} open comment" + ("" if count == 1 else "s")


def refresh(here: Conversation) -> Optional[int]:
    """Ask for the open comments of the plan; return the server's newest version."""
    if not here.plan:
        return None
    server = client.connect()
    answer = problems.must(server, server.get(f"/api/plans/{here.plan}/outline"))
    newest = answers.outline(answer)
    if newest.version == here.base:
        here.outline = newest.sections
    return newest.version


def describe(here: Conversation, one: Section) -> str:
    """Return what the next push would do with a draft."""
    if one.clash:
        return "changed here and on the server, put the merged text"
    if one.was:
        return f"renamed from {one.was}"
    known = here.known().get(one.anchor)
    if known == one.sha256:
        return f"as in v{here.base}"
    return "changed" if known else "new"


def lint(arguments: argparse.Namespace) -> int:
    """Have the server check every draft that is here as text; warnings fail unless allowed."""
    with drafts() as here:
        sections = [one.sent(True) for one in here.sections]
        body = {"plan": here.plan, "base_version": here.base, "sections": sections}
    if not sections:
        raise Stop(FIX, "there are no sections to check", "fix: `put ANCHOR` first")
    found = linting.check(client.connect(), body)
    print("".join(line + "\n" for line in found.lines), end="")
    checked = sum(one["html"] is not None for one in sections)
    print(f"{checked} sections checked, {found.errors + found.warnings} findings")
    return FIX if found.errors or (found.warnings and not arguments.allow_warnings) else 0
