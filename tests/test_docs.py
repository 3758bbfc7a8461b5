"""What the documentation says exists: links, anchors, commands, settings, and the list of pages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from flask import Flask

from planpush.cli.main import cli
from planpush.database.outages import SENTENCES
from planpush.operations import readiness
from planpush.operations.readiness import Finding
from planpush.paths import ROOT
from planpush.server import health

DOCS = ROOT / "docs"
PAPERS = [ROOT / name for name in ("README.md", "CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md")]
PAGES = [*sorted(DOCS.rglob("*.md")), *PAPERS, ROOT / "plugin" / "README.md"]
EACH = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
MADE = {"changelog.md", "contributing.md", "reporting.md", "settings.md"}  # by .ci/docs_site.py
FENCED = re.compile(r"^ *(```|~~~).*?^ *\1", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)", re.MULTILINE)
# As a shell would run it: at the start of a line or of $(…), after a prompt, or by its path.
COMMAND = re.compile(
    r"(?:^ *(?:\$ )?|\$\(|&& |; |bin/|-m |exec (?:-T )?\w+ )planpush "
    r"((?:[a-z][a-z-]* ?)+)((?:(?! #|[\n)|&;]).)*)",
    re.MULTILINE,
)
# Not settings of the server: the plugin's and hosts' own, the tests', of a database, and of words.
ELSEWHERE = re.compile(
    r"PLANPUSH_\w+|CLAUDE_\w+|CODEX_\w+|XDG_\w+|PIP_\w+|PYTHON\w+|POSTGRES_\w+|COMPOSE_\w+"
    r"|HTTPS?_PROXY|NO_PROXY|SSL_CERT_FILE|BENCH_(?:DATA|SMOKE)"
)
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")


def prose(page: Path) -> str:
    """Return the text of a page without its code: what has links and headings."""
    return CODE.sub("", FENCED.sub("", page.read_text()))


def anchors(page: Path) -> set[str]:
    """Return the ids of a page's headings, as GitHub and the site make them."""
    text = FENCED.sub("", page.read_text())
    found: set[str] = set(re.findall(r'\sid="([^"]+)"', text))
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", text, re.MULTILINE):
        slug = slug_of(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", ""))
        number = 1
        while slug in found:
            slug, number = f"{slug.rsplit('-', 1)[0] if number > 1 else slug}-{number}", number + 1
        found.add(slug)
    return found


def slug_of(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", unicodedata.normalize("NFC", heading).strip().lower())
    return kept.replace(" ", "-")


@EACH
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in (one or two for one, two in LINK.findall(prose(page))):
        if re.match(r"[a-z]+:|https?://…", link):
            assert link.startswith(("https://", "mailto:")), link
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists() and target.is_relative_to(ROOT.resolve()), link
        assert not anchor or anchor in anchors(target), link


def commands(page: Path) -> Iterator[tuple[str, str]]:
    """Yield what stands behind `planpush` in code: words, and the rest of the line."""
    text = page.read_text()
    rest = FENCED.sub("", text)
    pieces = [match[0] for match in FENCED.finditer(text)] + CODE.findall(rest)
    for piece in [*pieces, *re.findall(r"^    .*", rest, re.MULTILINE)]:
        yield from COMMAND.findall(piece.replace("\\\n", " "))


@EACH
def test_every_command_exists(page: Path) -> None:
    for words, rest in commands(page):
        command: click.Command = cli
        for word in words.split():
            if isinstance(command, click.Group):
                assert word in command.commands, f"planpush {words}"
                command = command.commands[word]
        given = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", words + rest)) - {"--help", "--version"}
        known = {name for option in command.params for name in option.opts}
        assert given <= known, f"planpush {words}{rest}"


def test_commands_are_found() -> None:
    found = {words.split()[0] for page in PAGES for words, _rest in commands(page)}
    assert {"serve", "backup", "restore", "migrate", "token", "sign-in-link"} <= found


def settings() -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


@EACH
def test_every_setting_exists(page: Path) -> None:
    text = page.read_text()
    named = set(re.findall(r"^ *(?:export )?([A-Z_]+)=", text, re.MULTILINE))
    for code in CODE.findall(FENCED.sub("", text)):
        named |= set(VARIABLE.findall(code))
    assert {name for name in named - settings() if not ELSEWHERE.fullmatch(name)} == set()


def test_every_address_of_ours_exists(app: Flask) -> None:
    routes = app.url_map.bind("localhost")
    found = {
        path for page in PAGES for path in re.findall(r"BASE_URL(/[\w/.-]+)", page.read_text())
    }
    assert len(found) > 4
    for path in found:
        assert routes.allowed_methods(path), path


def test_all_that_readyz_says_is_explained() -> None:
    text = (DOCS / "faults.md").read_text()
    ours = (value.message for value in vars(readiness).values() if isinstance(value, Finding))
    theirs = (value.message for value in vars(health).values() if isinstance(value, Finding))
    told = {*SENTENCES.values(), *ours, *theirs}
    assert len(told) > 8
    assert {one for one in told if f"| {one} |" not in text} == set()


def contents(nav: list[Any]) -> Iterator[str]:
    """Yield the pages of a list of contents, in their order."""
    for entry in nav:
        for inside in entry.values() if isinstance(entry, dict) else [entry]:
            yield from contents(inside) if isinstance(inside, list) else [inside]


def test_every_page_is_in_the_contents_once() -> None:
    config = yaml.safe_load((ROOT / ".mkdocs.yml").read_text())
    listed = list(contents(config["nav"]))
    there = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    assert sorted(listed) == sorted(there | MADE)


@EACH
def test_lists_and_tables_are_read_alike_everywhere(page: Path) -> None:
    """GitHub forgives what the site does not: a list or a table begins after an empty line."""
    for block in re.split(r"\n\s*\n", FENCED.sub("\n", page.read_text())):
        first, *rest = block.strip("\n").splitlines() or [""]
        assert not re.match(r" {1,3}(?:\||```)", first), first
        if re.match(r"[-*>] |\d+\. |\||#| {4}|<", first):
            continue
        for line in rest:
            assert not re.match(r"(?:[-*]|\d+\.) |\|", line), f"an empty line before: {line}"
