"""The verbs that take from the server: use goes on with a plan, pull takes in a newer version."""

from __future__ import annotations

import argparse
from typing import Dict, Iterator, List, Optional

import client
import excerpts
import problems
from client import Server
from editing import describe, drafts, no_section
from foreign import LEGEND, framed_text
from merging import adopt, guard
from state import Conversation, Section
from stop import CONFLICT, FIX, Stop

ROOM = 24_000  # characters: what hosts show of one command's output is about 30,000


def use(arguments: argparse.Namespace) -> int:
    """Go on with a plan of the server, or start a new one."""
    if bool(arguments.slug) == arguments.new:
        raise Stop(FIX, "use takes the plan's slug, or --new", "fix: `plans` lists the slugs")
    server = client.connect()
    with drafts() as here:
        if arguments.new:
            guard(here, arguments.discard)
            here.reset()
            told = ["new plan: no sections yet"]
        else:
            adopt(server, here, arguments.slug, arguments.discard)
            told = [*standing(here), *kept(here)]
        clashes = clashing(here)
    print("\n".join(told))
    if clashes:
        print("changed here and on the server: " + ", ".join(clashes))
        print("fix: planpush pull shows both texts; `put` the merged text of each")
    return 0


def pull(arguments: argparse.Namespace) -> int:
    """Take in the server's newest version; show what was changed on both sides."""
    server = client.connect()
    with drafts() as here:
        before, base = texts(here), here.base
        adopt(server, here, here.plan_or_stop(), discard=False)
        told = [*standing(here), *news(here, before, base), *kept(here)]
        clashes = clashing(here)
    wanted = [one for one in clashes if one in arguments.anchors] or clashes
    print("\n".join([*told, *both_sides(server, here, wanted)]))
    if clashes:
        lines = "changed here and on the server: " + ", ".join(clashes)
        raise Stop(CONFLICT, lines, "fix: `put` the merged text of each, then push")
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print the text of a section: the draft, or what the server has."""
    server = client.connect()
    with drafts() as here:
        one = here.find(arguments.anchor)
        if one is None:
            raise no_section(arguments.anchor)
        text = one.html
        told = describe(here, one)
        if text is None:
            text = theirs(document(server, here.plan_or_stop(), here.base or 0), one)
    rest = text[max(arguments.start, 0) :]
    print(f"{one.anchor}: {told}, {len(text)} characters")
    print(LEGEND)
    for line in framed_text(rest, ROOM):
        print(line)
    if len(rest) > ROOM:
        print(f"next: planpush show {one.anchor} --from {max(arguments.start, 0) + ROOM}")
    return 0


def standing(here: Conversation) -> Iterator[str]:
    """Yield where the conversation stands now."""
    yield f"{here.plan} at v{here.base}: {len(here.sections)} sections"
    yield here.url


def kept(here: Conversation) -> Iterator[str]:
    """Yield which edits made here are kept."""
    mine = [one.anchor for one in here.edited() if not one.clash]
    if mine:
        yield "kept your edits of: " + ", ".join(mine)


def texts(here: Conversation) -> Dict[str, str]:
    """Return anchor → hash of what stands here."""
    return {one.anchor: one.sha256 for one in here.sections}


def news(here: Conversation, before: Dict[str, str], base: Optional[int]) -> Iterator[str]:
    """Yield what came from the server."""
    if here.base == base:
        yield "nothing new on the server"
        return
    now = texts(here)
    taken = [anchor for anchor, sha in now.items() if before.get(anchor) != sha]
    gone = [anchor for anchor in before if anchor not in now]
    if taken:
        yield "taken from the server: " + ", ".join(taken)
    if gone:
        yield "removed on the server: " + ", ".join(gone)


def clashing(here: Conversation) -> List[str]:
    """Return the anchors that both sides changed and nobody has merged."""
    return [one.anchor for one in here.sections if one.clash]


def both_sides(server: Server, here: Conversation, anchors: List[str]) -> Iterator[str]:
    """Yield the texts of these sections: as they were, theirs, ours."""
    if not anchors:
        return
    yield LEGEND
    room = max(1_000, ROOM // (3 * len(anchors)))
    documents: Dict[int, str] = {}
    for anchor in anchors:
        one = here.find(anchor)
        assert one is not None
        for name, version in (("before", one.since), ("theirs", here.base)):
            if version is None:
                yield f"{anchor}, {name}: not there"
                continue
            if version not in documents:
                documents[version] = document(server, str(here.plan), version)
            yield f"{anchor}, {name} (v{version}):"
            yield from framed_text(theirs(documents[version], one), room)
        yield f"{anchor}, yours:"
        yield from framed_text(one.html or "", room)


def theirs(document: str, one: Section) -> str:
    """Return the section as the server has it; renamed here, it has its old anchor there."""
    names = [one.was, one.anchor] if one.was else [one.anchor]
    found = [excerpts.section(document, name) for name in names]
    return next((text for text in found if text), "(not found: read it on its page)")


def document(server: Server, plan: str, version: int) -> str:
    """Return a version's HTML; one that is gone for good is empty."""
    answer = server.document(f"/api/plans/{plan}/document", v=str(version))
    return "" if answer.status == 410 else problems.must(server, answer).text
