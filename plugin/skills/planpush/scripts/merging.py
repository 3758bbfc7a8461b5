"""Going on with a plan: the server's newest sections joined with the edits made here."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import answers
import problems
from client import Server
from state import Conversation, Section
from stop import FIX, Stop


def adopt(server: Server, here: Conversation, slug: str, discard: bool) -> None:
    """Make the server's newest version of the plan the base; keep what was edited here."""
    if not answers.SLUG.fullmatch(slug):
        raise Stop(FIX, f"{slug!r} is not a plan's name", "fix: it is what follows /p/ in the URL")
    if here.plan not in (None, slug):
        guard(here, discard)
    plan = answers.plan(problems.must(server, server.get(f"/api/plans/{slug}")).data)
    asked = server.get(f"/api/plans/{slug}/outline")
    newest = answers.outline(problems.must(server, asked))
    if discard or here.plan not in (None, slug):
        here.reset()
    here.sections = merged(here, newest.sections)
    here.plan, here.base, here.outline = slug, newest.version, newest.sections
    here.visibility = plan.visibility
    here.url = plan.url or f"{server.address}/p/{slug}"


def guard(here: Conversation, discard: bool) -> None:
    """Stop when edits that were not pushed would be lost."""
    lost = [one.anchor for one in here.edited()] + here.removed()
    lost += [f"the answer to thread {thread}" for thread in here.responses]
    if lost and not discard:
        fix = "fix: push them first, or add --discard"
        raise Stop(FIX, "not pushed yet: " + ", ".join(lost), fix)


def merged(here: Conversation, entries: List[Dict[str, Any]]) -> List[Section]:
    """Return the sections to go on with: theirs, and ours where we edited."""
    known = here.known()
    theirs = {str(entry["anchor"]): str(entry["sha256"]) for entry in entries}
    ours = {one.was or one.anchor: one for one in here.sections}
    result: Dict[str, Section] = {}
    for origin, sha in theirs.items():
        if origin in ours:
            result[origin] = joined(ours[origin], known.get(origin), sha, here.base)
        elif known.get(origin) != sha:  # else it was removed here
            result[origin] = Section(origin, sha)
    for origin, one in ours.items():
        if origin not in theirs and known.get(origin) != one.sha256:  # else removed by them
            one.was = None
            result[origin] = one
    same = list(theirs) == list(known)
    orders = (list(ours), list(theirs)) if same else (list(theirs), list(ours))
    return [result[origin] for origin in woven(*orders) if origin in result]


def joined(ours: Section, base: Optional[str], theirs: str, version: Optional[int]) -> Section:
    """Return one section that both have: whoever changed it wins, both is a clash."""
    if ours.sha256 == theirs:
        return Section(ours.anchor, ours.sha256, ours.html, ours.was)
    if ours.sha256 == base:
        return Section(ours.anchor, theirs, None, ours.was)
    if theirs != base and not ours.clash:
        ours.clash, ours.since = True, version if base else None
    return ours


def woven(first: List[str], second: List[str]) -> List[str]:
    """Return the first list with the rest of the second beside the neighbours it has there."""
    result = list(first)
    for number, name in enumerate(second):
        if name in result:
            continue
        before, after = second[:number][-1:], second[number + 1 :][:1]
        if before and before[0] in result:
            result.insert(result.index(before[0]) + 1, name)
        elif after and after[0] in result:
            result.insert(result.index(after[0]), name)
        else:
            result.append(name)
    return result
