"""Integrations: state, setup help and last test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, render_template
from sqlalchemy import func, select

from planpush.accounts.tokens import Token
from planpush.database.session import db
from planpush.notifications.channel_status import Way, slack_trouble
from planpush.notifications.channel_status import cards as hooks
from planpush.pages.admin.blueprint import restricted
from planpush.setting_specs import SPECS
from planpush.settings.check_results import Check
from planpush.settings.store import Setting, settings
from planpush.web.auth import config, current_user

NAMES = {"github": "GitHub", "okta": "Okta or OpenID Connect", "scim": "SCIM 2.0", "slack": "Slack"}
_NEEDS = {
    "github": ("github_client_id", "github_client_secret", "github_org"),
    "okta": ("okta_issuer", "okta_client_id"),
}
_STATES = {
    "off": ("Not set up", ""),
    "missing": ("Not complete", "warn"),
    "ready": ("Set up, not tested", "info"),
    "works": ("Works", "good"),
    "fails": ("Fails", "bad"),
    "paused": ("Paused", "warn"),
    "trouble": ("In trouble", "bad"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """One integration as the page shows it."""

    name: str
    title: str
    missing: list[str]
    state: str
    check: Check | None
    addresses: list[tuple[str, str]]
    way: Way | None = None  # of what is told by it: paused, or in trouble

    @property
    def pill(self) -> tuple[str, str]:
        """Return the state in words, and its colour."""
        return _STATES[self.state]

    @property
    def testable(self) -> bool:
        """Tell whether there is something to test."""
        return self.state not in ("off", "missing")


def cards(base_url: str) -> list[Card]:
    """Return every integration."""
    return [card(name, base_url) for name in NAMES]


def card(name: str, base_url: str) -> Card:
    """Return one integration. `KeyError`: there is none of that name."""
    missing = missing_of(name)
    check = Check.last(name)
    state = state_of(name, missing, check)
    way = slack_trouble() if name == "slack" and not missing else None
    lacks = [] if state == "off" else missing
    if way is not None:
        state = "paused" if way.paused else "trouble"
    return Card(name, NAMES[name], lacks, state, check, _addresses(name, base_url), way)


def missing_of(name: str) -> list[str]:
    """Return what an integration lacks, in words."""
    if name == "scim":
        return [] if Token.directories() else ["a token for the directory"]
    if name == "slack":
        return _missing_for_slack()
    now_in_force = settings()
    return [SPECS[need].label for need in _NEEDS[name] if not getattr(now_in_force, need)]


def _missing_for_slack() -> list[str]:
    found = settings()
    if found.slack_webhook_url or (found.slack_bot_token and found.slack_channel):
        return []
    if found.slack_bot_token or found.slack_channel:
        return [SPECS["slack_channel" if found.slack_bot_token else "slack_bot_token"].label]
    return ["Webhook address, or bot token and channel"]


def state_of(name: str, missing: list[str], check: Check | None) -> str:
    """Return the state. A test says nothing any more once the settings changed."""
    if missing:
        given = any(_given(spec) for spec in SPECS if SPECS[spec].group == name)
        return "missing" if given else "off"
    changed = db.session.scalar(
        select(func.max(Setting.changed_at)).where(Setting.name.startswith(f"{name}_"))
    )
    if check is None or (changed is not None and changed > check.at):
        return "ready"
    return "works" if check.ok else "fails"


def _given(name: str) -> bool:
    return bool(getattr(settings(), name) != SPECS[name].default)


def _addresses(name: str, base_url: str) -> list[tuple[str, str]]:
    """Return the addresses that the other side has to be told."""
    told: dict[str, Any] = {
        "github": [("Authorization callback URL", "/sign-in/github/authorized")],
        "okta": [
            ("Sign-in redirect URI", "/sign-in/okta/callback"),
            ("Sign-out redirect URI", "/sign-out/done"),
            ("Initiate login URI", "/sign-in/okta"),
            ("Back-channel logout URI", "/sign-out/okta/back-channel"),
            ("Front-channel logout URI", "/sign-out/okta/front-channel"),
            ("Universal Logout endpoint", "/sign-out/okta/universal"),
        ],
        "scim": [("SCIM base URL", "/scim/v2")],
        "slack": [],
    }
    return [(label, base_url + path) for label, path in told[name]]


def scim_report() -> tuple[bool, str]:
    """Return whether a directory can call, and when one last did."""
    live = [token for token in Token.directories() if not token.is_over]
    seen = [token.seen_at for token in live if token.seen_at is not None]
    if not live:
        return False, "No token is valid: make one, and give it to the directory."
    if not seen:
        return True, "A token is valid, but no directory has called yet."
    return True, f"A directory last called at {max(seen):%Y-%m-%d %H:%M} UTC."


integrations = restricted("integrations", "settings.change")


@integrations.get("/admin/integrations")
def index() -> Response:
    """Answer a card for each."""
    return page()


def page(status: int = 200, **more: Any) -> Response:
    """Answer the page; `more` is a token to show once, or what is wrong with its form."""
    context = {"token": "", "error": "", "name": ""} | more
    html = render_template(
        "admin/integrations/index.html",
        user=current_user(),
        cards=cards(config().base_url),
        hooks=hooks(),
        tokens=Token.directories(),
        **shared(),
        **context,
    )
    return Response(html, status=status, mimetype="text/html")


def shared() -> dict[str, Any]:
    """Return what every card needs to know."""
    return {"posts_message": not settings().slack_bot_token}
