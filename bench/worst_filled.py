"""What is asked where 100,000 plans are stored, for `bench.worst`: lists, searches, the log."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import select, text, update

from bench import dashboard_cases, dashboard_stage
from bench.worst_stage import Case, Send, Stage
from planpush.accounts.tokens import Token
from planpush.database.session import commit, db
from planpush.filling import Sizes
from planpush.filling.words import COMMON, COMMON_TOO, LONG_PREFIX
from planpush.plans.plan import MOST_HANDED, Plan
from tests.conftest import make_app
from tests.people import Browser, person

# Half of all plans say one word, the other half another.
_APART = """
INSERT INTO passages (id, plan_id, kind, source_id, anchor, body)
SELECT (id << 20) + 1040000, id, 'section', 0, '',
       CASE id % 2 WHEN 0 THEN 'evenword' ELSE 'oddword' END FROM plans"""
PLANS, COMMENTS, PEOPLE = 100_000, 1_000_000, 500
WHO = {"an admin": "person-1", "a developer": "person-4"}
_OFTEN = dashboard_cases._OFTEN
SEARCHES = {
    **{name: q for name, q in dashboard_cases.SEARCHES.items() if name != "rare word"},
    "two frequent words that few share": f'"{_OFTEN[0]}" "{_OFTEN[40]}"',
    "words that no two plans share": '"evenword" "oddword"',
    "beginnings that none share": "evenwor oddwo",
    "twelve words, two of which none share": " ".join(
        f'"{word}"' for word in ["evenword", "oddword", *_OFTEN[:10]]
    ),
    "words that none share": " ".join(f'"{word}"' for word in _OFTEN[:12]),
    "twelve words in every plan": " ".join([COMMON, COMMON_TOO] * 6),
    "twelve beginnings": " ".join(word[:3] for word in _OFTEN[:12]),
    "twelve long beginnings": " ".join([LONG_PREFIX, *(word[:5] for word in _OFTEN[:11])]),
    "a frequent phrase that is nowhere": f'"{COMMON_TOO} {COMMON}"',
    "a phrase of many words": f'"{" ".join(_OFTEN[:60])}"',
    "what is not in twelve": " ".join(f"-{word}" for word in [COMMON, COMMON_TOO, *_OFTEN[:10]]),
    "one letter, twelve times": " ".join("abcdefghijkl"),
    "no word": "\N{BULLET} \N{EM DASH}",
    "frequent words, by title": f"{_OFTEN[0]} {_OFTEN[40]} sort:title",
    "frequent words among filters": f"{_OFTEN[0]} {_OFTEN[40]} review:needed mentions:me",
    "twelve people": " ".join(f"author:person-{n}@example.com" for n in range(5, 17)),
    "twelve times not": " ".join(f"-author:person-{n}@example.com" for n in range(5, 17)),
    "all filters": "is:open is:published has:open-threads has:blocking review:needed turn:me "
    "mentions:me involves:me reviewer:me updated:>2020-01-01 updated:<2030-01-01",
}
PAGES = ("/dashboard", "/dashboard/updates", "/activity", "/activity?show=mine",
         "/activity?show=mentions",
         "/comments", "/comments?show=plans&state=all", "/comments?show=mentions&state=all",
         "/comments?before=100", "/activity?before=100", "/activity?show=mentions&before=100",
         "/notices", "/notices/count", "/settings/profile/data", "/settings/notifications",
         "/settings/profile", "/settings/tokens", "/settings/sessions")  # fmt: skip
ADMINS = ("/admin/members", "/admin/members?q=e", "/admin/members?q=zzz", "/admin/deliveries",
          "/admin/integrations", "/admin/settings", "/admin/roles", "/admin/members/{4}/owner",
          "/admin/members/{4}/erasure", "/admin/members/{4}/data", "/metrics")  # fmt: skip
LOG = {
    "all": "",
    "a word": "nowhere-at-all",
    "a letter": "zq",
    "many words": " ".join(f"zq{n}" for n in range(12)),
    "words that match": "comment e a o",
    "not a word": "-comment -version -thread -sign",
    "an object": "object:zq",
    "an address": "address:9.9.9.9",
    "a day long ago": "since:2000-01-01 until:2000-01-02 zq",
    "people": "actor:person-1",
    "people and a word": "actor:person-4@example.com zq",
    "nobody": "actor:nobody",
    "not somebody": "-actor:person-4@example.com zq",
    "an action": "action:comment object:zq",
    "many actions": " ".join(f"action:{word}" for word in ("c", "v", "t", "s", "p", "u")) + " zq",
    "many people": " ".join(f"actor:person-{n}@example.com" for n in range(1, 40)) + " zq",
}


def cases() -> Iterator[Case]:
    """Yield what is asked of a filled database."""
    for name, q in SEARCHES.items():
        for who in WHO:
            yield Case(f"100,000 plans: {name}, {who}", partial(_listed, who, q))
    for path, who in itertools.product(PAGES, WHO):
        yield Case(f"100,000 plans: GET {path}, {who}", partial(_read, who, path))
    for path in ADMINS:
        yield Case(f"100,000 plans: GET {path}", partial(_read, "an admin", path))
    for name, q in LOG.items():
        path = f"/admin/audit?{urlencode({'q': q})}"
        yield Case(f"1,700,000 events: {name}", partial(_read, "an admin", path))
    yield Case("1,700,000 events: as CSV", partial(_read, "an admin", "/admin/audit.csv"))
    yield Case(
        "1,700,000 events: as JSON, none", partial(_read, "an admin", "/admin/audit.json?q=zq")
    )
    for q in (COMMON, f'"{_OFTEN[0]}" "{_OFTEN[40]}"'):
        yield Case(f"100,000 plans: API, {q}", partial(_asked, q))
    for move in ("archive", "unarchive", "publish", "unpublish"):
        yield Case(f"100,000 plans: {move} 100", partial(_moved, move))
    yield Case(f"100,000 plans: hand over {MOST_HANDED}", _handed)
    for words in ({}, {"words": "1"}):
        yield Case(
            f"100,000 plans: erase a person{' and words' if words else ''}", partial(_erased, words)
        )


class Filled:
    """The app on a copy of the filled database: what is done there is not kept."""

    def __init__(self, folder: Path, share: float) -> None:
        sizes = Sizes(max(60, int(PLANS * share)), max(300, int(COMMENTS * share)),
                      max(50, int(PEOPLE * share)))  # fmt: skip
        path = folder / "filled.db"
        if share == 1:
            kept = dashboard_stage.sqlite_of(sizes).removeprefix("sqlite:///")
            shutil.copy(kept, path)
        else:
            dashboard_stage.fill_at(f"sqlite:///{path}", sizes)
        self.app = make_app(f"sqlite:///{path}", folder)
        self.people = {who: Browser(self.app, name) for who, name in WHO.items()}
        with self.app.app_context():
            self.ids = {n: person(f"person-{n}").id for n in (4, 10, 14)}
            db.session.execute(text(_APART))
            self.token = Token.issue(person("person-4"), name="bench")
            commit()
        self.leaving = itertools.count(20)

    def api(self, path: str) -> Any:
        """Ask as a developer's agent."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.app.test_client().get(path, headers=headers)


def filled(stage: Stage, share: float) -> Filled:
    """Return the filled app, made for the first who asks."""
    found: Filled = stage.once("filled", lambda: Filled(stage.folder, share))
    return found


def _listed(who: str, q: str, stage: Stage, share: float) -> Send:
    return _read(who, f"/dashboard/plans?{urlencode({'q': q})}", stage, share)


def _read(who: str, path: str, stage: Stage, share: float) -> Send:
    there = filled(stage, share)
    told = path.replace("{4}", str(there.ids[4]))
    return lambda: there.people[who].get(told)


def _asked(q: str, stage: Stage, share: float) -> Send:
    there = filled(stage, share)
    return lambda: there.api(f"/api/plans?q={quote(q)}")


def _moved(move: str, stage: Stage, share: float) -> Send:
    """A hundred plans of many; each round others."""
    there = filled(stage, share)
    with there.app.app_context():
        wanted = {"archive": ~Plan.archived, "unarchive": Plan.archived,
                  "publish": Plan.visibility == "private",
                  "unpublish": Plan.visibility == "published"}[move]  # fmt: skip
        ids = db.session.scalars(select(Plan.id).where(wanted).limit(100 * stage.rounds)).all()
    parts = itertools.cycle([ids[n :: stage.rounds] for n in range(stage.rounds)])

    def send() -> Any:
        form = {"id": [str(one) for one in next(parts)], "action": move, "q": ""}
        return there.people["an admin"].send("POST", "/plans/bulk", form)

    return send


def _erased(words: dict[str, str], stage: Stage, share: float) -> Send:
    there, leaving = filled(stage, share), _leaving(stage, share)

    def send() -> Any:
        user_id, told, heir = next(leaving)
        form = {"confirm": told, "email": heir} | words
        return there.people["an admin"].send("POST", f"/admin/members/{user_id}/erasure", form)

    return send


def _handed(stage: Stage, share: float) -> Send:
    there, leaving = filled(stage, share), _leaving(stage, share)

    def send() -> Any:
        user_id, _, heir = next(leaving)
        path = f"/admin/members/{user_id}/owner"
        return there.people["an admin"].send("POST", path, {"email": heir})

    return send


def _leaving(stage: Stage, share: float) -> Iterator[tuple[int, str, str]]:
    """Return people, with their address and who gets their plans: as many as go at once."""
    there, found = filled(stage, share), []
    with there.app.app_context():
        heir = person("person-10")
        for _ in range(stage.rounds):
            user = person(f"person-{next(there.leaving)}")
            owned = select(Plan.id).where(Plan.owner_id == user.id).offset(MOST_HANDED)
            others = db.session.scalars(owned.limit(PLANS)).all()
            db.session.execute(update(Plan).where(Plan.id.in_(others)).values(owner_id=heir.id))
            found.append((user.id, user.email, heir.email))
        commit()
    return iter(found)
