"""House rules that no linter knows: handlers, templates, settings. import-linter has the layers."""

from __future__ import annotations

import ast
import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from planpush.paths import ROOT
from planpush.setting_specs import SPECS

PACKAGE = ROOT / "planpush"
TEMPLATES = ROOT / "templates"
SEVEN = {"index", "show", "new", "create", "edit", "update", "destroy"}
REDIRECTS = {"home", "done"}  # they show no resource


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_our_scripts_together_are_small() -> None:
    scripts = b"".join(path.read_bytes() for path in sorted((ROOT / "static/js").glob("*.js")))
    assert len(gzip.compress(scripts, 9)) <= 12_288


def handlers() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted((PACKAGE / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any(routed(d) for d in node.decorator_list):
                yield f"{path.relative_to(PACKAGE)}:{node.name}", node


def test_handlers_neither_commit_nor_catch_and_have_one_of_seven_names() -> None:
    found = dict(handlers())
    assert len(found) > 100, "the handlers are looked for in the wrong place"
    for name, handler in found.items():
        assert "commit(" not in ast.unparse(handler), name
        assert not any(isinstance(node, ast.Try) for node in ast.walk(handler)), name
        assert handler.name in SEVEN | REDIRECTS, name


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
