"""Plans for load tests: who is let in, what was pushed, who looked."""

from __future__ import annotations

import re

from bench.data import journal
from bench.data.documents import FIRST, OTHERS, Prepared
from bench.data.rows import Made, Rows
from bench.data.store import DAY, stamp
from bench.data.threads import sign_off, thread
from bench.data.words import RARE
from planpush.dashboard.search_index import SECTION, TITLE
from planpush.plans.plan import EDITOR, PRIVATE, PUBLISHED, REVIEWER
from planpush.plans.version import ADDED, CHANGED, SAME, digest_of
from planpush.reviews.attention import REVIEW, WHOLE

SPAN = 730 * DAY
_OTHER = re.compile("[^a-z0-9]+")


def make(rows: Rows, share: float, comments: int, rare: int | None) -> None:
    """Make a plan, begun after a `share` of the time; `rare` says where the rare word is."""
    rng = rows.rng
    title = rows.stock.said.title() + (f" {RARE}" if rare == 0 else "")
    made = _begun(rows, share)
    _let_in(rows, made)
    rows.find(made, TITLE, 0, title, rows.stock.index(title))
    _push(rows, made, with_rare=rare == 1)
    warning = f"Beware of the {RARE}. " if rare == 2 else ""
    while comments:
        count = min(comments, rng.choice((1, 2, 3)))
        thread(rows, made, count, warning)
        warning, comments = "", comments - count
    verdict = sign_off(rows, made) if rng.random() < 0.1 else ""
    _look(rows, made)
    _keep(rows, made, title, verdict)


def _begun(rows: Rows, share: float) -> Made:
    rng, people = rows.rng, rows.people
    created = int(rows.until - SPAN + share * (SPAN - DAY))
    latest = int(created + rng.random() ** 2 * (rows.until - created - 60))
    newest = rng.choices((1, 2, 3), (5, 3, 2))[0]
    pushed = created + int(0.4 * (latest - created)) if newest > 1 else created
    owner, published = rng.choice(people.everybody), rng.random() < 0.7
    number = rows.next("plans")
    return Made(number, owner, [owner], published, created, pushed, latest, newest)


def _let_in(rows: Rows, made: Made) -> None:
    """Choose members, and who else speaks: of private plans only managers."""
    rng, people, at = rows.rng, rows.people, stamp(made.created)
    some = rng.sample(people.everybody, min(rng.randint(0, 3), len(people.everybody)))
    for user in some:
        if user != made.owner:
            kind = EDITOR if rng.random() < 0.3 else REVIEWER
            rows.of["members"].append((made.id, user, kind, at))
            made.talk.append(user)
            if kind == REVIEWER:
                made.reviewers.append(user)
    made.talk.append(rng.choice(people.everybody if made.published else people.managers))
    made.talk.append(rng.choice(people.managers))


def _push(rows: Rows, made: Made, *, with_rare: bool) -> None:
    """Make the versions: from one to the next a section changes."""
    rng, stock = rows.rng, rows.stock.sections
    chosen = sorted(rng.sample(range(len(OTHERS)), rng.randint(1, 3)))
    held = [rng.choice(stock[anchor]) for anchor in (FIRST, *(OTHERS[n] for n in chosen))]
    states, event = [ADDED] * len(held), 0
    for number in range(1, made.newest + 1):
        if number > 1:
            place = rng.randrange(1, len(held))
            states = [CHANGED if n == place else SAME for n in range(len(held))]
            before = held[place]
            while held[place] is before:
                held[place] = rng.choice(stock[before.anchor])
        if number == made.newest and with_rare:
            held, states = [*held, rows.stock.rare], [*states, ADDED]
        at = made.created + (made.pushed - made.created) * (number - 1) // max(made.newest - 1, 1)
        event = _version(rows, made, number, at, held, states)
    made.sections = held
    for one in held:
        rows.find(made, SECTION, made.stored[one.sha256], one.body, one.words, one.anchor)
    for user in made.reviewers:
        if rng.random() < 0.3:
            rows.turns.append((user, made.id, WHOLE, event, REVIEW, stamp(made.pushed)))


def _version(
    rows: Rows, made: Made, number: int, at: int, held: list[Prepared], states: list[str]
) -> int:
    """Store a version with its sections; return the event."""
    version, when = rows.next("versions"), stamp(at)
    message = "" if number == 1 else rows.stock.said.sentence(3, 6)
    digest = digest_of([(one.anchor, one.sha256) for one in held])
    row = (version, made.id, number, made.owner, when, message, "claude-code", digest)
    rows.of["versions"].append(row)
    for position, (one, state) in enumerate(zip(held, states, strict=True)):
        if one.sha256 not in made.stored:
            made.stored[one.sha256] = rows.next("sections")
            stored = (made.stored[one.sha256], made.id, when, *one.columns)
            rows.of["sections"].append(stored)
        rows.of["version_sections"].append((version, position, made.stored[one.sha256], state))
    return rows.note(journal.PUSHED, at, made.owner, made, about=number)


def _look(rows: Rows, made: Made) -> None:
    """Note who looked last when: who did something, and somebody who only read."""
    reader = rows.rng.choice(made.talk)
    made.seen.setdefault(reader, made.pushed)
    for user, at in made.seen.items():
        version = made.newest if at >= made.pushed else 1
        rows.of["visits"].append((user, made.id, stamp(at), version, stamp(at)))


def _keep(rows: Rows, made: Made, title: str, verdict: str) -> None:
    slug = f"{_OTHER.sub('-', title.lower())[:48].strip('-')}-{made.id}"
    archived = rows.rng.random() < 0.08
    rows.of["plans"].append(
        (
            made.id,
            slug,
            title,
            title.casefold(),
            made.owner,
            PUBLISHED if made.published else PRIVATE,
            made.newest,
            made.newest,
            made.open,
            made.resolved,
            made.comments,
            verdict,
            stamp(made.created),
            stamp(made.active),
            archived,
            stamp(made.active) if archived else None,
        )
    )
