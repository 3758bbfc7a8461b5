"""`planpush backup` and `planpush restore`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from planpush import create_app
from planpush.cli.app import entered
from planpush.cli.demo import demo_config, is_demo_here
from planpush.config import Config
from planpush.errors import Problem
from planpush.logs import write_logs
from planpush.operations.backup import Head, Reader, back_up
from planpush.operations.restore import restore as restore_all

_NEW = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
_THERE = click.Path(exists=True, dir_okay=False, path_type=Path)  # it is read twice: no pipe
_quiet = click.option("--quiet", is_flag=True, help="Say only what went wrong.")


@click.command()
@click.argument("file", type=_NEW)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@_quiet
def backup(file: Path, force: bool, quiet: bool) -> None:
    """Write a backup to FILE, - for standard output; the server may go on."""
    to_stdout = str(file) == "-"
    if to_stdout and sys.stdout.isatty():
        raise Problem("a backup is no text for a terminal: name a file, or hand it to a program")
    with opened():
        back_up(None if to_stdout else file, force=force, tell=_told(quiet))


@click.command()
@click.argument("file", type=_THERE)
@click.option("--check", is_flag=True, help="Only tell whether FILE is whole, and what it holds.")
@_quiet
def restore(file: Path, check: bool, quiet: bool) -> None:
    """Restore the backup in FILE into an empty database."""
    found = Reader(file)
    if check:
        _show(found.head)
        return
    with opened(new=True):
        closed = restore_all(found, tell=_told(quiet))
    if closed:
        click.echo(
            f"planpush: what is sealed in {', '.join(closed)} cannot be opened with this "
            "SECRET_KEY. Add the key that was in force when the backup was made, after a comma: "
            "SECRET_KEY=new,old",
            err=True,
        )


def _show(head: Head) -> None:
    click.echo(f"Made {head.made_at} by planpush {head.planpush} on {head.engine},")
    click.echo(f"at migration {head.revision}. It is whole.")
    for name, count in head.tables.items():
        click.echo(f"{count:>12,}  {name}")


def _told(quiet: bool) -> Callable[[str], None]:
    return lambda line: None if quiet else click.echo(line, err=True)


@contextmanager
def opened(*, new: bool = False) -> Iterator[None]:
    """Open the database as it is: nothing is migrated. `new`: there may be none yet."""
    config = demo_config() if is_demo_here() else Config.from_env()
    write_logs(config.log_level, config.log_format)
    os.umask(0o077)  # the database holds private plans
    if new:
        config.data_dir.mkdir(parents=True, exist_ok=True)
    with entered(create_app(config)):
        yield
