"""`planpush user`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from flask import g

from planpush.accounts.user import User
from planpush.cli.app import app_here, entered, known
from planpush.dashboard.search_index import forget_words
from planpush.database.session import commit, db
from planpush.errors import Conflict, Problem
from planpush.events.event import Event
from planpush.privacy.erasure import Outlook, erase, go_on, pseudonym
from planpush.privacy.personal_data import archive
from planpush.setting_specs import ROLES
from planpush.versions.purge import shrink_log

_NEW = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


@click.group()
def user() -> None:
    """People."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), required=True)
def add_user(email: str, name: str, role: str) -> None:
    """Add a person with exactly this role."""
    with entered(app_here()):
        User.add(email, name=name, roles=[role])
        commit()
    click.echo(f"Added {email} as {role}.")


@user.command("export")
@click.argument("email")
@click.argument("file", type=_NEW)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
def export_user(email: str, file: Path, force: bool) -> None:
    """Write all that is stored about EMAIL to FILE, a ZIP; - for standard output."""
    to_stdout = str(file) == "-"
    if not to_stdout and file.exists() and not force:
        raise Problem(f"{file} is there already: name another file, or say --force")
    with entered(app_here()):
        found = known(email)
        email = found.email
        db.session.rollback()
        pieces = archive(found.id)
        if to_stdout:
            sys.stdout.buffer.writelines(pieces)
        else:
            _write(file, pieces)
        db.session.rollback()
        g.writes = True
        Event.record("user.exported", by=None, target=email, data={"via": "command line"})
        commit()
    if not to_stdout:
        click.echo(f"Wrote {file}. It holds everything about {email}: only its owner may read it.")


@user.command("erase")
@click.argument("email")
@click.option(
    "--words", is_flag=True, help="Blank what they wrote, too: comments, notes, messages."
)
@click.option("--hand-over-to", metavar="EMAIL", help="Who gets the plans that they own.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_user(email: str, words: bool, hand_over_to: str | None, yes: bool) -> None:
    """Erase EMAIL for good: who they are goes, and a pseudonym takes their place."""
    with entered(app_here()):
        found = known(email)
        counts = Outlook.of(found).counts
        told = ", ".join(f"{count:,} × {words[0]}" for words, count in counts if count)
        click.echo(f"{found.name} <{found.email}>: {told or 'nothing else is stored'}.")
        if not yes:
            click.confirm("Erase for good? Only a backup could bring that back.", abort=True)
        to = User.named(hand_over_to) if hand_over_to else None
        try:
            erase(found, by=None, words=words, to=to)
        except Conflict as refused:
            if refused.code == "owns_plans":
                raise Problem(f"{refused} Add --hand-over-to EMAIL.") from None
            raise
        name = pseudonym(found.id)
        commit()
        _finish()
    click.echo(f"Erased. Where they are still referred to, it says “{name}”.")
    click.echo("Backups that were made before hold them until they run out.")


def _finish() -> None:
    """Do what a worker would do by and by, then take what was deleted out of SQLite's files."""
    while go_on() is not False:
        commit()
    commit()
    db.session.remove()
    forget_words()
    shrink_log()


def _write(file: Path, pieces: Iterator[bytes]) -> None:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    with file.open("wb") as target:
        target.writelines(pieces)
