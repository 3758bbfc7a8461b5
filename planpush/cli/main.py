"""The `planpush` command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click
from sqlalchemy.exc import OperationalError

from planpush.accounts.sessions import SignInLink
from planpush.accounts.tokens import SCOPES, Token
from planpush.cli.app import app_here, entered, known, migrated
from planpush.cli.backup import backup, restore
from planpush.cli.demo import ADMIN, demo_config, prepare
from planpush.cli.doctor import doctor
from planpush.cli.migrate import downgrade, migrate
from planpush.cli.user import user
from planpush.config import DEFAULT_PORT, Config, ConfigError, environment
from planpush.database.session import commit
from planpush.document.lint.linter import review_page
from planpush.errors import Finding, Problem
from planpush.events.event import Event
from planpush.server.gunicorn import serve as serve_app
from planpush.server.worker import work
from planpush.settings.store import settings


@click.group()
@click.version_option(package_name="planpush")
def cli() -> None:
    """Visual design documents from AI planning sessions, on your own server."""


for verb in (backup, restore, migrate, downgrade, doctor, user):
    cli.add_command(verb)


def main() -> None:
    """Run the command line; what the operator can mend is told in a sentence."""
    try:
        cli()
    except ConfigError as error:
        sys.exit(f"planpush cannot start:\n{error}")
    except Problem as problem:
        sys.exit(f"planpush: {problem}")
    except OperationalError as error:
        sys.exit(f"planpush: DATABASE_URL: the database cannot be reached:\n{error.orig}")
    except ModuleNotFoundError as error:
        sys.exit(f"planpush: {error.name} is missing: pip install 'psycopg[binary]==3.3.9'")
    except OSError as error:
        sys.exit(f"planpush: DATA_DIR, HOST or PORT: {error}")


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=None, help="Default: PORT, else 8075.")
@click.option("--workers", type=int, default=0, help="Default: WEB_WORKERS, else from the machine.")
def serve(host: str, port: int | None, workers: int) -> None:
    """Serve. The database is migrated first."""
    config = Config.from_env(environment(PORT=port))
    app = migrated(config)
    with entered(app):
        secret = SignInLink.first_run()
        commit()
    if secret:
        click.echo("\n  Nobody has an account yet. This link makes the first admin; it works once,")
        click.echo("  for 15 minutes, and the next start prints another:")
        click.echo(f"    {config.base_url}/sign-in/local?token={secret}\n")
        sys.stdout.flush()
    serve_app(app, host=host, workers=workers)


@cli.command()
def worker() -> None:
    """Do deliveries and housekeeping; `serve` runs one inside unless WORKER=off."""
    work(app_here())


@cli.command()
@click.option("--port", type=int, default=None, help="Default: PORT, else 8075.")
def demo(port: int | None) -> None:
    """Serve a demo with sample plans; its data stays under ./var."""
    config = demo_config(port or environment().get("PORT") or DEFAULT_PORT)
    app = migrated(config)
    with entered(app):
        link, address = prepare(config)
        commit()
    program = Path(sys.argv[0])
    click.echo(f"\n  Sign in (works once, for 15 minutes):\n    {link}\n")
    click.echo(f"  The sample plan:\n    {address}\n")
    click.echo(f"  A new link: {program} sign-in-link {ADMIN}    Stop: Ctrl+C\n")
    sys.stdout.flush()
    serve_app(app, host="127.0.0.1")


@cli.command("sign-in-link")
@click.argument("email")
def sign_in_link(email: str) -> None:
    """Print a link that signs EMAIL in, once, within 15 minutes."""
    app = app_here()
    with entered(app):
        secret = SignInLink.issue(known(email))
        Event.record("sign_in_link.issued", by=None, target=email)
        refused = "local" not in settings().providers
        commit()
    if refused:
        warning = "planpush: local sign-in is switched off (AUTH_PROVIDERS): this link is refused"
        click.echo(warning, err=True)
    config: Config = app.extensions["planpush_config"]
    click.echo(f"{config.base_url}/sign-in/local?token={secret}")


@cli.group()
def token() -> None:
    """Personal API tokens."""


@token.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=SCOPES)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True)
def create_token(email: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Print a new token of EMAIL; it is shown this once."""
    with entered(app_here()):
        made = Token.issue(known(email), name=name, scopes=scopes, days=days)
        commit()
    click.echo(made)


@cli.group("scim-token")
def scim_token() -> None:
    """Tokens of directories (Okta, Entra), for SCIM."""


@scim_token.command("create")
@click.option("--name", default="SCIM", show_default=True)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True)
def create_scim_token(name: str, days: int) -> None:
    """Print a new SCIM token; it is shown this once."""
    with entered(app_here()):
        made = Token.issue_scim(name=name, days=days)
        commit()
    click.echo(made)


@cli.command("lint")
@click.argument("file", type=click.File("rb"))
@click.option("--allow-warnings", is_flag=True, help="Fail on errors only.")
def lint_file(file: BinaryIO, allow_warnings: bool) -> None:
    """Check the document in FILE, - for standard input, as a push would."""
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        click.echo(f"planpush: {file.name} is not UTF-8: byte {error.start}", err=True)
        sys.exit(2)
    errors, warnings, _ = review_page(text.replace("\r\n", "\n"))
    for found in sorted([*errors, *warnings], key=lambda one: (one.line, one.column)):
        click.echo(_told(found))
    sys.exit(1 if errors or (warnings and not allow_warnings) else 0)


def _told(found: Finding) -> str:
    line = f"{found.line or 1}:{found.column or 1} {found.code} {found.message}"
    return f"{line} → {found.fix}" if found.fix else line
