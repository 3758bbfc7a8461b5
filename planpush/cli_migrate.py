"""The operator's verbs for the schema: `planpush migrate`, `planpush downgrade`."""

from __future__ import annotations

import click

from planpush.cli_backup import opened
from planpush.content.problem import Problem
from planpush.models import schema


@click.command()
def migrate() -> None:
    """Bring the database up to this release."""
    with opened(new=True):
        schema.migrate()
        if schema.is_newest():
            schema.index(click.echo)
            click.echo("The database is up to date.")
        else:
            click.echo("A newer release has migrated the database; this one can serve it, too.")


@click.command()
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Lose what the newer migrations added.")
def downgrade(revision: str, yes: bool) -> None:
    """Take the database back to the migration REVISION, for a release that needs it so."""
    if not yes:
        raise Problem(
            "a downgrade loses what the newer migrations added. Stop every server and worker, make "
            "a backup, then say it again with --yes"
        )
    with opened():
        schema.downgrade(revision)
    click.echo(f"The database is at {revision}. Start the release that belongs to it.")
