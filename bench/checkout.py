"""The child process of `bench.pages`: answers requests with the code of the checkout it runs in.

Uses only what every commit since 1.0.0 offers: the app factory, the demo, the command line, and
HTTP. It imports nothing else of `bench`, because it runs with another checkout's interpreter.

It reads one JSON command a line from its standard input and writes one JSON answer a line:
`{"do": "run", "page": NAME, "times": N}` returns the CPU milliseconds of each request,
`{"do": "count", "page": NAME}` the number of SQL statements of one request.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from typing import Any

import sqlalchemy as sa
from click.testing import CliRunner

from planpush.cli.app import entered, migrated
from planpush.cli.demo import ADMIN, demo_config, prepare
from planpush.cli.main import cli
from planpush.database.session import commit

BROWSER = {"Accept-Encoding": "gzip", "Accept": "text/html"}
HTMX = {"HX-Request": "true"}
THREADS, PARTS = 200, 10
ROWS = 50  # the dashboard shows 50 plans a page
WORDS = "Tokens rotate on every use, and the store keeps the hash of each for thirty days."


class Site:
    """A small SQLite database in DATA_DIR, its app, and an admin's browser."""

    def __init__(self) -> None:
        config = demo_config()
        self.app = migrated(config)
        with entered(self.app):
            link, address = prepare(config)
            commit()
        self.client = self.app.test_client()
        self.client.get(link.removeprefix(config.base_url))
        sample = address.removeprefix(config.base_url)
        self.pages = {
            "plan page": (sample, {}),
            "panel": ("/p/discussed/threads", HTMX),
            "dashboard": ("/dashboard", {}),
        }
        self.push_plans()
        self.open_threads()
        shown = len(set(re.findall(r'href="/p/([^"/?#]+)', self.get("dashboard"))))
        cards = len(re.findall(r'id="t\d+"', self.get("panel")))
        assert shown >= ROWS and cards == THREADS, f"{shown} plans and {cards} threads are shown"

    def push_plans(self) -> None:
        """Push the plan that gets 200 threads, and enough others to fill the dashboard."""
        made = CliRunner().invoke(cli, ["token", "create", ADMIN, "--name", "bench"])
        assert made.exit_code == 0, made.output
        agent = {"Authorization": f"Bearer {made.output.split()[-1]}"}
        sections = [{"anchor": f"part-{n}", "html": section(n)} for n in range(PARTS)]
        plans = [("discussed", sections)]
        plans += [(f"plan-{n}", sections[:1]) for n in range(ROWS)]
        for slug, parts in plans:
            body = {"slug": slug, "title": slug, "visibility": "published", "sections": parts}
            answer = self.app.test_client().post("/api/push", json=body, headers=agent)
            assert answer.status_code == 201, answer.text

    def open_threads(self) -> None:
        """Open one thread on each paragraph through the form of the plan's page."""
        page = self.client.get("/p/discussed", headers=BROWSER | {"Accept-Encoding": ""}).text
        token = re.search(r'name="csrf-token" content="([^"]*)"', page)
        headers = HTMX | {"Sec-Fetch-Site": "same-origin"}
        if token:
            headers["X-CSRF-Token"] = token[1]
        for number in range(THREADS):
            form = {
                "anchor": f"part-{number % PARTS}",
                "quote": paragraph(number),
                "body": f"Why thirty days? Number {number}.",
                "v": "1",
            }
            answer = self.client.post("/p/discussed/threads", data=form, headers=headers)
            assert answer.status_code == 201, (answer.status_code, answer.text[:500])

    def get(self, name: str) -> str:
        """Return a page as text."""
        path, more = self.pages[name]
        answer = self.client.get(path, headers=BROWSER | {"Accept-Encoding": ""} | more)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def run(self, name: str, times: int) -> list[float]:
        """Ask for a page so often; return the CPU time of each request in milliseconds."""
        path, more = self.pages[name]
        headers, costs = BROWSER | more, []
        for _ in range(times):
            begun = time.process_time()
            answer = self.client.get(path, headers=headers)
            costs.append(1000 * (time.process_time() - begun))
            assert answer.status_code == 200, (path, answer.status_code)
        return costs

    def count(self, name: str) -> int:
        """Return the number of SQL statements that a page takes once it is warm."""
        statements = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            statements.append(statement)

        self.run(name, 2)
        sa.event.listen(sa.Engine, "before_cursor_execute", note)
        self.run(name, 1)
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
        return len(statements)


def section(part: int) -> str:
    """Return a section of twenty paragraphs."""
    numbers = range(part, THREADS, PARTS)
    body = "".join(f"<p>{paragraph(number)}</p>" for number in numbers)
    return f'<section data-anchor="part-{part}"><h2>Part {part}</h2>{body}</section>'


def paragraph(number: int) -> str:
    """Return the text of a paragraph; each is different."""
    return f"Rule {number}. {WORDS}"


def main() -> None:
    """Answer commands until the input ends."""
    # What the app prints must not mix with the answers.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    site = Site()
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["do"] == "run":
            print(json.dumps(site.run(asked["page"], asked["times"])), file=out)
        else:
            print(json.dumps(site.count(asked["page"])), file=out)


if __name__ == "__main__":
    main()
