"""docs/licences.md has every dependency that runs; `python -m tests.test_licences` renews it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"
MARK = "<!-- licences: python -m tests.test_licences -->\n"
EXTRAS = ("diagrams", "postgres")  # those of a server
# Free to use, change and pass on beside Apache-2.0. LGPL and MPL ask for the source of their own
# files only, and planpush uses these packages unchanged, as packages of their own.
ALLOWED = {
    "MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "Apache-2.0", "PSF-2.0",
    "Public domain", "MPL-2.0", "LGPL-3.0-only",
}  # fmt: skip
# What packages of older days write, in the words of SPDX.
SPDX = {
    "MIT License": "MIT", "BSD License": "BSD-3-Clause", "Public Domain": "Public domain",
    "Apache Software License": "Apache-2.0", "BSD-0-Clause": "0BSD",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}  # fmt: skip
# The engine has another wheel on other machines: see the extra `diagrams`.
ELSEWHERE = {"merman": "MIT OR Apache-2.0", "mmdr": "MIT"}


def licence(found: Distribution) -> str:
    """Return a package's licence as SPDX has it, as far as the package tells."""
    told = found.metadata
    line = (told.get("License") or "").strip()
    if told.get("License-Expression"):
        return str(told["License-Expression"])
    if re.fullmatch(r"[\w.-]{2,20}", line):
        return SPDX.get(line, line)
    kinds = [c.split(" :: ")[-1] for c in told.get_all("Classifier") or [] if c.startswith("Lic")]
    return " AND ".join(SPDX.get(kind, kind) for kind in kinds) or "unknown"


def needed(found: Distribution, extras: Iterator[str] | tuple[str, ...]) -> Iterator[Requirement]:
    """Yield what a package needs on this machine."""
    for raw in found.requires or []:
        one = Requirement(raw)
        marker = one.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield one


def installed() -> dict[str, tuple[str, str]]:
    """Return, for each Python package of a server, its licence and who asks for it."""
    found: dict[str, tuple[str, str]] = {}
    waiting = [(one, "planpush") for one in needed(distribution("planpush"), EXTRAS)]
    for one, by in waiting:
        name = canonicalize_name(one.name)
        if name not in found:
            package = distribution(one.name)
            found[name] = (licence(package), by)
            waiting += [(inner, name) for inner in needed(package, tuple(one.extras))]
    return found


def browser() -> dict[str, tuple[str, str]]:
    """Return the same of the packages whose files a browser gets."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    return {
        path.removeprefix("node_modules/"): (SPDX.get(one["license"], one["license"]), "planpush")
        for path, one in packages.items()
        if path and not one.get("dev")
    }


def everything() -> dict[str, tuple[str, str]]:
    engines = {name: (told, "planpush") for name, told in ELSEWHERE.items()}
    return {**installed(), **engines, **browser()}


def table() -> str:
    rows = ["| package | licence | needed by |", "|---|---|---|"]
    rows += [f"| {name} | {told} | {by} |" for name, (told, by) in sorted(everything().items())]
    return "\n".join(rows) + "\n"


def test_every_licence_is_allowed() -> None:
    found = everything()
    assert {"flask", "htmx.org", "psycopg", "werkzeug"} <= set(found)
    for name, (told, _by) in found.items():
        choices = [part.strip("() ") for part in told.split(" OR ")]
        parts = [set(choice.split(" AND ")) for choice in choices]
        assert any(part <= ALLOWED for part in parts), f"{name} is under {told}"


def test_the_page_is_current() -> None:
    told = dict(re.findall(r"^\| ([\w.-]+) \| ([^|]+) \|", PAGE.read_text().split(MARK)[1], re.M))
    here = {name: licence for name, (licence, _by) in everything().items()}
    assert here.items() <= told.items(), "renew it: python -m tests.test_licences"
    # Another Python may need fewer: what is listed beside these has to be installed all the same.
    for name in told.keys() - here.keys() - {"package"}:
        assert distribution(name), "renew it: python -m tests.test_licences"


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text().split(MARK)[0] + MARK + table())
