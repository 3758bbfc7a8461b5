"""The settings that an admin can change at run time: types, checks and forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

PROVIDERS = ("local", "github", "okta")
ROLES = ("admin", "project_manager", "developer", "qa")
HOUR, DAY = 3600, 24 * 3600


def between(low: int, high: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `low` to `high`."""

    def parse(raw: str) -> int:
        if not raw.isascii() or not raw.isdecimal() or not low <= int(raw[:12]) <= high:
            raise ValueError(f"give a whole number from {low} to {high}")
        return int(raw)

    return parse


def switch(raw: str) -> bool:
    """Parse "on" or "off"."""
    if raw.lower() not in ("on", "off"):
        raise ValueError("say on or off")
    return raw.lower() == "on"


def origin(raw: str) -> str:
    """Return an address as browsers write an Origin, since forms are compared with it."""
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError("give the address people use, like https://plans.example.com")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("give scheme and host only, without a path")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else parts.port
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def providers(raw: str) -> tuple[str, ...]:
    """Parse ways to sign in, comma-separated."""
    names = tuple(part.strip().lower() for part in raw.split(",") if part.strip())
    unknown = [name for name in names if name not in PROVIDERS]
    if unknown:
        raise ValueError(f"this release knows {', '.join(PROVIDERS)}, not {unknown[0]!r}")
    return names


def _url(raw: str) -> str:
    """Return an address without its last slash; plain http is for tests on this machine."""
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError("give an address like https://id.example.com")
    if parts.query or parts.fragment:
        raise ValueError("give an address without ? and #")
    return raw.rstrip("/")


def _issuer(raw: str) -> str:
    """Return an issuer exactly as given: it is compared letter by letter."""
    _url(raw)
    return raw


def _emails(raw: str) -> tuple[str, ...]:
    found = tuple(part.strip().lower() for part in raw.split(",") if part.strip())
    wrong = [one for one in found if "@" not in one or any(mark.isspace() for mark in one)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no e-mail address")
    return found


def _role(raw: str) -> str:
    if raw not in ROLES or raw == "admin":
        raise ValueError("say developer, qa or project_manager")
    return raw


def _organisation(raw: str) -> str:
    """Return a name that GitHub could have given: it becomes a part of addresses."""
    if not raw.isascii() or not raw.replace("-", "").replace("_", "").isalnum() or len(raw) > 100:
        raise ValueError("give the organisation's name as in its address: github.com/NAME")
    return raw


def _text(raw: str) -> str:
    if not raw.isprintable():
        raise ValueError("control characters are not allowed")
    return raw


def _setting(
    default: Any, parse: Callable[[str], Any], group: str, label: str, *, secret: bool = False
) -> Any:
    told = {"parse": parse, "group": group, "label": label, "secret": secret}
    return field(default=default, metadata=told)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force now. Durations are seconds."""

    auth_providers: tuple[str, ...] = _setting((), providers, "people", "Ways to sign in")
    initial_admin_emails: tuple[str, ...] = _setting(
        (), _emails, "people", "Addresses that start as admin"
    )
    default_role: str = _setting("", _role, "people", "Role of people without a mapped group")
    github_client_id: str = _setting("", _text, "github", "Client ID")
    github_client_secret: str = _setting("", _text, "github", "Client secret", secret=True)
    github_org: str = _setting("", _organisation, "github", "Organisation")
    github_url: str = _setting("https://github.com", _url, "github", "Address")
    github_api_url: str = _setting("https://api.github.com", _url, "github", "API address")
    okta_issuer: str = _setting("", _issuer, "okta", "Issuer")
    okta_client_id: str = _setting("", _text, "okta", "Client ID")
    okta_client_secret: str = _setting("", _text, "okta", "Client secret", secret=True)
    slack_webhook_url: str = _setting("", _url, "slack", "Webhook address", secret=True)
    slack_bot_token: str = _setting("", _text, "slack", "Bot token", secret=True)
    slack_channel: str = _setting("", _text, "slack", "Channel")
    slack_api_url: str = _setting("https://slack.com/api", _url, "slack", "API address")
    session_idle: int = _setting(8 * HOUR, between(60, 10**8), "sessions", "Ends when idle for")
    session_max_age: int = _setting(7 * DAY, between(60, 10**8), "sessions", "Ends after")
    sign_in_limit: int = _setting(
        10, between(1, 10**6), "sessions", "Sign-ins a minute from one address"
    )
    audit_days: int = _setting(
        0, between(0, 36_500), "retention", "Days that the audit log is kept"
    )
    notice_days: int = _setting(180, between(1, 3_650), "retention", "Days that notices are kept")
    delivery_days: int = _setting(
        14, between(1, 3_650), "retention", "Days that deliveries which arrived are kept"
    )
    agents_may_resolve: bool = _setting(False, switch, "agents", "Agents may resolve threads")

    @property
    def github_api(self) -> str:
        """Return where GitHub's API is: an Enterprise server's own, unless another one is named.

        Nobody's token of such a server may go to the public GitHub.
        """
        public, api = SPECS["github_url"].default, SPECS["github_api_url"].default
        own = self.github_url != public and self.github_api_url == api
        return f"{self.github_url}/api/v3" if own else self.github_api_url

    @property
    def providers(self) -> tuple[str, ...]:
        """Return the ways to sign in that are wanted and set up."""
        ready = {
            "local": True,
            "github": bool(self.github_client_id and self.github_client_secret and self.github_org),
            "okta": bool(self.okta_issuer and self.okta_client_id),
        }
        return tuple(name for name in self.auth_providers or PROVIDERS if ready[name])


@dataclass(frozen=True, slots=True)
class Spec:
    """How one setting is parsed and told; `secret` ones are never shown."""

    name: str
    default: Any
    parse: Callable[[str], Any]
    group: str
    label: str
    secret: bool

    @property
    def variable(self) -> str:
        """Return its name in the environment."""
        return self.name.upper()


SPECS = {one.name: Spec(one.name, one.default, **one.metadata) for one in fields(Settings)}


def written(value: Any) -> str:
    """Return a parsed value as an operator would write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
