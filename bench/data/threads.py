"""What people say on plans for load tests: threads, comments, mentions, reviews."""

from __future__ import annotations

from dataclasses import dataclass

from bench.data import journal
from bench.data.documents import Spot
from bench.data.rows import Made, Rows
from bench.data.store import stamp
from planpush.comments.thread import OPEN, RESOLVED
from planpush.dashboard.search_index import COMMENT
from planpush.notifications import preferences
from planpush.reviews.attention import COMMENT as COMMENTED
from planpush.reviews.attention import REPLY
from planpush.reviews.sign_offs import APPROVED, CHANGES


@dataclass(frozen=True, slots=True)
class Said:
    """A comment that was made; `event` is its number in the journal, `at` is in seconds."""

    thread: int
    id: int
    author: int
    event: int
    at: int


def thread(rows: Rows, made: Made, count: int, warning: str) -> None:
    """Open a thread on the newest version with `count` comments; the first says `warning`, too."""
    rng = rows.rng
    number, opener = rows.next("threads"), rng.choice(made.talk)
    begun = made.pushed + int(rng.random() * (made.latest - made.pushed))
    rows.note(journal.OPENED, begun, opener, made, number, made.newest)
    last = _comment(rows, made, number, opener, begun, warning)
    for _ in range(count - 1):
        at = min(last.at + rng.randrange(60, 90_000), rows.until)
        last = _comment(rows, made, number, rng.choice(made.talk), at)
    resolved = 0
    if rng.random() < 0.5:
        resolved = min(last.at + rng.randrange(60, 90_000), rows.until)
        rows.note(journal.RESOLVED, resolved, made.owner, made, number)
    elif rng.random() < 0.3:
        _turn(rows, made, last, opener)
    made.resolved += resolved > 0
    made.open += not resolved
    _place(rows, made, number, opener, begun, resolved)


def _place(rows: Rows, made: Made, number: int, opener: int, begun: int, resolved: int) -> None:
    rng, when = rows.rng, stamp(begun)
    spot: Spot = rows.stock.whole
    if rng.random() < 0.95:
        spot = rng.choice(rng.choice(made.sections).spots)
    blocking, version = rng.random() < 0.08, made.newest
    end = (made.owner, stamp(resolved)) if resolved else (None, None)
    state = RESOLVED if resolved else OPEN
    row = (number, made.id, state, spot.kind, blocking, version, opener, when, *end)
    rows.of["threads"].append(row)
    told = f'{{"version": {version}{spot.selector}'
    rows.of["origins"].append((rows.next("origins"), number, version, told, opener, when))
    rows.of["placements"].append((number, version, made.id, *spot.placed))


def _comment(rows: Rows, made: Made, number: int, author: int, at: int, warning: str = "") -> Said:
    """Store a comment, 3 of 100 with a mention."""
    rng, comment = rows.rng, rows.next("comments")
    body, words = rng.choice(rows.stock.comments)
    named = rng.choice(made.talk) if rng.random() < 0.03 else 0
    opening = f"@{rows.people.named[named]} please look. " if named else ""
    if warning or named:
        body = opening + warning + body
        words = rows.stock.index(body)
    rows.of["comments"].append((comment, number, made.id, author, body, stamp(at)))
    rows.find(made, COMMENT, comment, body, words)
    made.comments += 1
    event = rows.note(journal.ADDED, at, author, made, number, comment)
    said = Said(number, comment, author, event, at)
    if named:
        rows.of["mentions"].append((comment, named, rows.people.named[named]))
        _notice(rows, made, said, named, preferences.MENTION)
    elif rng.random() < 0.05:
        _notice(rows, made, said, made.owner, preferences.COMMENT)
    return said


def _notice(rows: Rows, made: Made, said: Said, user: int, kind: str) -> None:
    if user != said.author:
        at = stamp(said.at)
        read = at if rows.rng.random() < 0.7 else None
        told = (user, made.id, said.thread, said.id, said.author, kind, said.event, at, read)
        rows.notices.append(told)


def _turn(rows: Rows, made: Made, last: Said, opener: int) -> None:
    """Let it be the other side's turn: the owner's, or the opener's after the owner's word."""
    mine = last.author == made.owner
    user, reason = (opener, REPLY) if mine else (made.owner, COMMENTED)
    if user != last.author:
        rows.turns.append((user, made.id, last.thread, last.event, reason, stamp(last.at)))


def sign_off(rows: Rows, made: Made) -> str:
    """Let a reviewer decide about the newest version; return what that makes of the plan."""
    rng = rows.rng
    by = rng.choice(made.reviewers) if made.reviewers else made.talk[-1]
    if by == made.owner:
        return ""
    kind, decision, note = journal.APPROVED, APPROVED, ""
    if rng.random() < 0.3:
        kind, decision, note = journal.REFUSED, CHANGES, rows.stock.said.sentence(4, 9)
    at = max(made.active, made.pushed)
    newest = made.newest
    row = (rows.next("sign_offs"), made.id, by, newest, newest, decision, note, stamp(at))
    rows.of["sign_offs"].append(row)
    rows.note(kind, at, by, made, about=newest)
    waits = set(made.reviewers) - {by, made.owner}
    return "" if decision == APPROVED and waits else decision
