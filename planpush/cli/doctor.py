"""`planpush doctor`."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict

import click
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from planpush.cli.demo import demo_environment, is_demo_here
from planpush.config import Config, environment
from planpush.doctor import configuration, database, machine, outside
from planpush.doctor.line import FAIL, Line, fail, ok
from planpush.logs import kind_of
from planpush.setting_specs import SPECS

_SECRET = ("SECRET_KEY", "METRICS_TOKEN", *(one.variable for one in SPECS.values() if one.secret))
_SHORT = 4  # characters of what is no secret worth hiding


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--offline", is_flag=True, help="Ask nobody outside; Slack gets no test message.")
@click.option("--thorough", is_flag=True, help="Check all of SQLite's indexes and references, too.")
def doctor(as_json: bool, offline: bool, thorough: bool) -> None:
    """Look whether all that this server needs is there; change nothing.

    Exit code 1: something does not work, and what to do stands behind it.
    """
    env = demo_environment() if is_demo_here() else environment()
    hide = _hiding(env)
    lines = []
    logging.disable(logging.CRITICAL)  # what goes wrong has a line of its own
    try:
        for line in _examined(env, offline=offline, thorough=thorough):
            lines.append(Line(line.name, line.state, hide(line.detail), hide(line.fix)))
            if not as_json:
                _show(lines[-1])
    finally:
        logging.disable(logging.NOTSET)
    failed = any(line.state == FAIL for line in lines)
    if as_json:
        told = {"ok": not failed, "variables": configuration.given(env)}
        click.echo(json.dumps(told | {"checks": [asdict(line) for line in lines]}, indent=1))
    sys.exit(failed)


def _show(line: Line) -> None:
    click.echo(f"{line.state:<4}  {line.name}: {line.detail}")
    if line.fix:
        click.echo(f"      → {line.fix}")
    sys.stdout.flush()


def _examined(env: Mapping[str, str], *, offline: bool, thorough: bool) -> Iterator[Line]:
    """Look at one after another; whatever one of them meets, the next has its turn."""
    config, failures = Config.examined(env)
    yield from _safe("configuration", lambda: configuration.configuration(env, config, failures))
    yield from _safe("DATA_DIR", lambda: machine.folder(config))
    stored = not any("DATABASE_URL" in told for told in failures)
    if stored:
        for line in _safe("database", lambda: database.database(config, thorough=thorough)):
            stored &= line.state != FAIL
            yield line
    yield from _safe("assets", machine.assets)
    yield from _safe("diagrams", machine.diagrams)
    yield from _safe("open files", machine.limits)
    yield ok("backups", "planpush does not know of yours: docs/backup.md tells how to make them")
    if failures:
        yield fail("integrations", "not looked at", "Mend the configuration first.")
    else:
        yield from _safe("integrations", lambda: _inside(config, stored=stored, offline=offline))


def _inside(config: Config, *, stored: bool, offline: bool) -> Iterator[Line]:
    app = outside.opened(config, stored=stored)
    try:
        if stored:
            yield from _safe("worker", lambda: outside.worker(app, config))
        if not offline:
            yield from _safe("integrations", lambda: outside.integrations(app, config))
    finally:
        outside.closed(app)


def _safe(name: str, look: Callable[[], Iterable[Line]]) -> Iterator[Line]:
    try:
        yield from look()
    except Exception as error:
        yield fail(name, f"it cannot be looked at: {kind_of(error)}", "Mend what is told above.")


def _hiding(env: Mapping[str, str]) -> Callable[[str], str]:
    """Return what takes every secret of the environment out of a text."""
    secrets = [part.strip() for name in _SECRET for part in env.get(name, "").split(",")]
    raw = env.get("DATABASE_URL", "").strip()
    try:
        password = make_url(raw).password if raw else None
    except (ArgumentError, ValueError):
        password = raw
    secrets.append(str(password or ""))
    found = sorted((one for one in secrets if len(one) > _SHORT), key=len, reverse=True)

    def hide(text: str) -> str:
        for one in found:
            text = text.replace(one, "•••")
        return text

    return hide
