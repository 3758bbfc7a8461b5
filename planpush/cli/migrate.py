"""`planpush migrate` and `planpush downgrade`."""

from __future__ import annotations

import click

from planpush.cli.backup import opened
from planpush.dashboard.search_index import missing
from planpush.errors import Problem
from planpush.operations import migrations


@click.command()
@click.option("--index", is_flag=True, help="Index old plans for the search now, not in a worker.")
def migrate(index: bool) -> None:
    """Bring the database up to this release."""
    with opened(new=True):
        migrations.migrate()
        if not migrations.is_newest():
            click.echo("A newer release has migrated the database; this one can serve it, too.")
            return
        if index:
            migrations.index(click.echo)
        waiting = len(missing())
    click.echo("The database is up to date.")
    if waiting:
        click.echo(f"{waiting:,} plans are not searched yet: a worker indexes them once it runs.")


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
        migrations.downgrade(revision)
    click.echo(f"The database is at {revision}. Start the release that belongs to it.")
