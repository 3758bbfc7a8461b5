"""Fill the database for load tests: `python -m bench.data --plans 100000`."""

from __future__ import annotations

import sys

import click

from bench.data import Sizes, fill
from planpush.cli.app import app_here, entered
from planpush.config import ConfigError
from planpush.errors import Problem


@click.command()
@click.option("--plans", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--comments", type=click.IntRange(0), default=1_000_000, show_default=True)
@click.option("--people", type=click.IntRange(2), default=500, show_default=True)
@click.option("--seed", type=int, default=1, help="The same seed makes the same content.")
@click.option("--yes", is_flag=True, help="Add to a database that already has plans.")
def main(plans: int, comments: int, people: int, seed: int, yes: bool) -> None:
    """Fill the configured database for load tests."""
    try:
        with entered(app_here()):
            fill(Sizes(plans, comments, people, seed), consent=yes, tell=click.echo)
    except (ConfigError, Problem) as error:
        sys.exit(f"bench.data: {error}")


if __name__ == "__main__":
    main(prog_name="python -m bench.data")
