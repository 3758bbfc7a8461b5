"""Where `bench.worst` sends its requests: the app on a database of its own, with the cast."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planpush.accounts.tokens import Token
from planpush.database.session import commit
from planpush.operations.migrations import migrate
from tests.conftest import make_app
from tests.people import Browser, add_cast, person

Send = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """A request; `prepare` makes what has to be there, and returns what sends it."""

    name: str
    prepare: Callable[[Stage, float], Send]


class Stage:
    """The app on a database of its own, with the cast; alice pushes."""

    def __init__(self, folder: Path) -> None:
        self.app = make_app(f"sqlite:///{folder}/bench.db", folder)
        with self.app.app_context():
            migrate()
            add_cast()
            self.token = Token.issue(person("alice"), name="bench")
            commit()
        self.alice, self.ada = Browser(self.app, "alice"), Browser(self.app, "ada")
        self.folder = folder
        self.numbers, self.rounds = itertools.count(1), 1
        self.kept: dict[str, Any] = {}

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what `make` makes, made for the first who asks for it."""
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]

    def api(self, method: str, path: str, **options: Any) -> Any:
        """Ask as alice's agent."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.app.test_client().open(path, method=method, headers=headers, **options)

    def page(self, path: str, html: str) -> Any:
        """Send a whole page; a word at its end is new each time, so that nothing is known yet."""
        told = f"{html}<p>{next(self.numbers)}</p>".encode()
        return self.api("POST", path, data=told, content_type="text/html")

    def plan(self, *versions: list[str]) -> str:
        """Push a plan of sections with these paragraphs, version by version; return its address."""
        slug = f"plan-{next(self.numbers)}"
        for base, sections in enumerate(versions):
            sent = [{"anchor": f"s{n}", "html": f"<h2>S</h2>{s}"} for n, s in enumerate(sections)]
            told = {"plan": slug, "base_version": base} if base else {"slug": slug, "title": slug}
            answer = self.api("POST", "/api/push", json={"sections": sent} | told)
            assert answer.status_code in (200, 201), answer.text[:500]
        return slug
