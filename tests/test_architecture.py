"""Taste, tested: which row may import which, and how large things may grow."""

from __future__ import annotations

import ast
import gzip
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from planpush.paths import ROOT
from planpush.settings import SPECS

PACKAGE = ROOT / "planpush"
TEMPLATES = ROOT / "templates"
ROWS = (
    ("__init__", "__main__", "cli", "cli_app", "cli_backup", "cli_doctor", "cli_migrate",
     "cli_user", "demo", "doctor", "filling", "server", "loop", "worker", "courier"),
    ("views", "subscribers"),
    ("web", "integrations"),
    ("models",),
    ("content", "db", "config", "logs", "settings", "paths", "sqlite", "postgres", "outage",
     "machine"),
)  # fmt: skip
ROW = {name: depth for depth, row in enumerate(ROWS) for name in row}
PURE = {"nh3", "selectolax", "rapidfuzz", "markdown_it"}
BUDGETS = (
    ("planpush", "*.py", 250),
    ("templates", "show.html", 150),
    ("templates", "_*.html", 60),
    ("templates", "*.htmx.html", 12),
    ("static/js", "*.js", 120),
    ("static/css", "*.css", 300),
    ("tests", "conftest.py", 150),
)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def area(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def ours(path: Path) -> set[str]:
    names = {name.split(".")[1] for name in imported(path) if name.startswith("planpush.")}
    return names & set(ROW)


def test_every_module_has_a_row() -> None:
    assert {area(path) for path in modules()} <= set(ROW)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    mine = area(path)
    bad = [
        name
        for name in ours(path)
        if name != mine and ROW[name] <= ROW[mine] and (mine, name) not in SAME_ROW
    ]
    assert not bad


# The top row is one program; in the bottom row db reads where the migrations lie, and config says
# which settings the environment decides.
SAME_ROW = {
    ("cli", "__init__"), ("cli", "demo"), ("cli", "server"), ("server", "__init__"),
    ("__main__", "cli"), ("cli", "worker"), ("server", "worker"), ("worker", "__init__"),
    ("worker", "courier"), ("cli", "filling"), ("server", "loop"),
    ("cli", "cli_doctor"), ("cli_doctor", "demo"), ("cli_doctor", "doctor"), ("doctor", "__init__"),
    ("cli", "cli_backup"), ("cli_backup", "__init__"), ("cli_backup", "demo"),
    ("cli", "cli_app"), ("cli_app", "__init__"), ("cli_app", "demo"), ("cli_backup", "cli_app"),
    ("cli", "cli_user"), ("cli_user", "cli_app"),
    ("cli", "cli_migrate"), ("cli_migrate", "cli_backup"),
    ("db", "paths"), ("db", "sqlite"), ("db", "postgres"), ("db", "outage"), ("config", "settings"),
}  # fmt: skip


def test_content_is_pure() -> None:
    allowed = {"planpush", *PURE, *sys.stdlib_module_names}
    for path in (PACKAGE / "content").glob("*.py"):
        assert {name.split(".")[0] for name in imported(path)} <= allowed, path
        assert ours(path) <= {"content"}, path


@pytest.mark.parametrize(("folder", "pattern", "most"), BUDGETS)
def test_files_keep_their_budget(folder: str, pattern: str, most: int) -> None:
    files = [path for path in (ROOT / folder).rglob(pattern) if "vendor" not in path.parts]
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    assert {name: size for name, size in sizes.items() if size > most} == {}


def test_our_scripts_together_are_small() -> None:
    scripts = b"".join(path.read_bytes() for path in sorted((ROOT / "static/js").glob("*.js")))
    assert len(gzip.compress(scripts, 9)) <= 12_288


def functions(folder: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.name}", node


@pytest.mark.parametrize("folder", ["planpush", "tests"])
def test_functions_fit_on_a_screen(folder: str) -> None:
    long = {name: (node.end_lineno or 0) - node.lineno + 1 for name, node in functions(folder)}
    assert {name: size for name, size in long.items() if size > most_lines(name)} == {}


def most_lines(name: str) -> int:
    # create_app is the table of contents of the whole program and may have 60.
    return 60 if name == "planpush/__init__.py:create_app" else 25


def test_views_neither_commit_nor_catch() -> None:
    for path in (PACKAGE / "views").rglob("*.py"):
        source = path.read_text()
        assert "commit(" not in source, path
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, ast.Try), path


def test_views_use_the_seven_names() -> None:
    allowed = {"index", "show", "new", "create", "edit", "update", "destroy"}
    extra = {"home", "done", "live", "ready"}  # redirects and health: no resources
    for path in (PACKAGE / "views").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any(routed(d) for d in node.decorator_list):
                assert node.name in allowed | extra, f"{path}:{node.name}"


def routed(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and called.attr in {"get", "post", "patch", "delete"}


def templates() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


def test_no_template_is_dead() -> None:
    said = "\n".join(path.read_text() for path in [*templates(), *modules()])
    names = {str(path.relative_to(TEMPLATES)) for path in templates()}
    assert {name for name in names if f'"{name}"' not in said} == set()


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_need_no_eval_and_no_inline_code(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\bhx-on\b|\bjs:|javascript:|\son[a-z]+=|\sstyle=|\|\s*safe\b", text)
    assert not re.search(r'hx-trigger="[^"]*\[', text)
    for tag in re.findall(r"<[a-z][^<>]*?\shx-(?:get|post|patch|delete)[^>]*>", plain(text)):
        assert "hx-nonce=" in tag, tag


def plain(text: str) -> str:
    return re.sub(r"\{[{%].*?[%}]\}", "", text)


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_id_stands_twice_in_a_template(path: Path) -> None:
    ids = re.findall(r'\sid="([^"{]+)"', path.read_text())
    assert len(ids) == len(set(ids))


def test_every_setting_is_documented() -> None:
    read = set(re.findall(r'read\(\s*"([A-Z_]+)"', (PACKAGE / "config.py").read_text()))
    read |= {spec.variable for spec in SPECS.values()}
    told = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read - told == set()


def test_only_config_reads_the_environment() -> None:
    readers = {path.name for path in modules() if "os.environ" in path.read_text()}
    assert readers == {"config.py"}


def test_no_test_runs_a_loop_on_the_main_thread() -> None:
    """A browser's loop may be there: tests.apart says why."""
    runners = {path.name for path in (ROOT / "tests").rglob("*.py") if "io.run" in path.read_text()}
    assert runners == {"apart.py", "test_architecture.py"}
