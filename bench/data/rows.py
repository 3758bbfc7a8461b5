"""Rows on their way into the tables, and what a plan is while it is being made."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from bench.data.documents import Prepared, Stock
from bench.data.journal import Journal
from bench.data.store import Row
from planpush.dashboard.search_index import SHIFT

COLUMNS: dict[str, tuple[str, ...]] = {
    name: tuple(columns.split())
    for name, columns in {
        "plans": "id slug title title_key owner_id visibility newest last_number open_threads "
        "resolved_threads comment_count verdict created_at active_at archived archived_at",
        "versions": "id plan_id number pushed_by_id pushed_at message agent digest",
        "sections": "id plan_id created_at anchor sha256 title source_bytes elements html blocks "
        "pins icons",
        "version_sections": "version_id position section_id state",
        "threads": "id plan_id state kind blocking opened_on opened_by_id opened_at resolved_by_id "
        "resolved_at",
        "origins": "id thread_id version selector added_by_id added_at",
        "placements": "thread_id version plan_id state confidence section block start end words "
        "reason",
        "comments": "id thread_id plan_id author_id body created_at",
        "mentions": "comment_id user_id said",
        "members": "plan_id user_id kind added_at",
        "visits": "user_id plan_id at version seen_at",
        "sign_offs": "id plan_id user_id version given_on decision note at",
        "passages": "id plan_id kind source_id anchor body words",
    }.items()
}
TURNS = ("user_id", "plan_id", "thread_id", "event_id", "reason", "at")
NOTICES = (
    "user_id", "plan_id", "thread_id", "comment_id", "actor_id", "kind", "event_id", "at", "read_at"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class People:
    """Who does what, by id. `named` are their addresses."""

    everybody: list[int]
    managers: list[int]
    named: dict[int, str]


@dataclass(slots=True)
class Made:
    """A plan being made; times in seconds. `talk` are those who may see it and speak."""

    id: int
    owner: int
    talk: list[int]
    published: bool
    created: int
    pushed: int
    latest: int  # when the last thread is opened, at most
    newest: int
    active: int = 0
    open: int = 0
    resolved: int = 0
    comments: int = 0
    passages: int = 0
    reviewers: list[int] = field(default_factory=list)
    sections: list[Prepared] = field(default_factory=list)
    stored: dict[str, int] = field(default_factory=dict)  # sections' ids by what they hold
    seen: dict[int, int] = field(default_factory=dict)  # when somebody looked last


class Rows:
    """Collects rows by table. `last` are the greatest ids so far; `until` is the present."""

    def __init__(
        self, people: People, stock: Stock, last: dict[str, int], rng: Random, until: int
    ) -> None:
        self.people, self.stock, self.last, self.rng, self.until = people, stock, last, rng, until
        self.of: dict[str, list[Row]] = {name: [] for name in COLUMNS}
        self.journal = Journal()
        # These name an event by its number in the journal: they are stored after it.
        self.turns: list[Row] = []
        self.notices: list[Row] = []

    def next(self, name: str) -> int:
        """Return a new id."""
        self.last[name] += 1
        return self.last[name]

    def note(
        self, kind: int, at: int, actor: int, made: Made, thread: int = 0, about: int = 0
    ) -> int:
        """Note what somebody did on a plan, which they saw by that; return its number."""
        made.active = max(made.active, at)
        made.seen[actor] = max(made.seen.get(actor, 0), at)
        return self.journal.note(kind, at, actor, made.id, thread, about)

    def find(
        self, made: Made, kind: str, source: int, body: str, words: str | None, anchor: str = ""
    ) -> None:
        """Let a plan be found by a text."""
        made.passages += 1
        row = (made.id << SHIFT | made.passages, made.id, kind, source, anchor, body, words)
        self.of["passages"].append(row)
