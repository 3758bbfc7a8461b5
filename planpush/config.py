"""Configuration from the environment: one frozen, typed object and its only reader."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeVar

from planpush.setting_specs import SPECS, Settings, between, origin, switch

T = TypeVar("T")

MINIMUM_SECRET = 32
MINIMUM_TOKEN = 16
DEFAULT_PORT = 8075


def environment(**changes: object) -> dict[str, str]:
    """Return the environment, with `changes` that are not None."""
    told = {name: str(value) for name, value in changes.items() if value is not None}
    return {**os.environ, **told}


def permit_plain_http() -> None:
    """Let oauthlib talk to a provider, or take people back, over the plain http of a setting."""
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"


def share_metrics_in(folder: Path) -> None:
    """Let prometheus_client keep the numbers of this process in a folder."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


class ConfigError(Exception):
    """The environment cannot be used; the message names every variable to mend."""


@dataclass(frozen=True, slots=True)
class Config:
    """What an operator decides. Durations are seconds, sizes are bytes."""

    secret_keys: tuple[str, ...]
    base_url: str
    database_url: str
    data_dir: Path
    port: int = DEFAULT_PORT
    web_workers: int = 0
    web_threads: int = 8
    trusted_proxies: int = 0
    drain: int = 0  # seconds that a server which is told to stop serves on
    max_document_bytes: int = 5 * 1024 * 1024
    rate_limits: bool = True
    worker: bool = True  # whether `serve` runs one inside
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()  # private ones that are allowed
    log_level: str = "INFO"
    log_format: str = ""  # text or json; empty: text for a terminal
    metrics_token: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)  # settings that the environment decides

    @property
    def secure(self) -> bool:
        """Tell whether people reach this server over https."""
        return self.base_url.startswith("https://")

    def settings(self, stored: Mapping[str, Any]) -> Settings:
        """Return the settings in force: the environment's win over the `stored` ones."""
        return Settings(**{**stored, **self.fixed})

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Config:
        """Read the environment. Raises `ConfigError` that names everything missing or malformed."""
        config, failures = cls.examined(environment() if env is None else env)
        if failures:
            raise ConfigError("\n".join(failures))
        return config

    @classmethod
    def examined(cls, env: Mapping[str, str]) -> tuple[Config, list[str]]:
        """Return what can be read, with defaults for the rest, and what is wrong with that."""
        read = _Reader(env)
        data_dir = read("DATA_DIR", Path, Path("./var")).absolute()
        port = read("PORT", between(1, 65535), DEFAULT_PORT)
        config = cls(
            secret_keys=read("SECRET_KEY", _secrets, ()),
            base_url=read("BASE_URL", origin, f"http://127.0.0.1:{port}"),
            database_url=read("DATABASE_URL", _database, f"sqlite:///{data_dir / 'planpush.db'}"),
            data_dir=data_dir,
            port=port,
            web_workers=read("WEB_WORKERS", between(0, 64), 0),
            web_threads=read("WEB_THREADS", between(1, 256), 8),
            trusted_proxies=(proxies := read("TRUSTED_PROXIES", between(0, 10), 0)),
            drain=read("DRAIN_SECONDS", between(0, 60), 2 if proxies else 0),
            max_document_bytes=read("MAX_DOCUMENT_BYTES", between(1024, 2**28), 5 * 1024 * 1024),
            rate_limits=read("RATE_LIMITS", switch, True),
            worker=read("WORKER", switch, True),
            webhook_networks=read("WEBHOOK_NETWORKS", _networks, ()),
            log_level=read("LOG_LEVEL", _level, "INFO"),
            log_format=read("LOG_FORMAT", _format, ""),
            metrics_token=read("METRICS_TOKEN", _metrics_token, ""),
            fixed=read.settings(),
        )
        return config, read.finished(config)


class _Reader:
    """Reads variables one by one and gathers what is wrong, so that one start names it all."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.failures: list[str] = []

    def __call__(self, name: str, parse: Callable[[str], T], default: T) -> T:
        raw = self.env.get(name, "").strip()
        if not raw:
            return default
        try:
            return parse(raw)
        except ValueError as reason:
            self.failures.append(f"{name}: {reason}")
            return default

    def settings(self) -> dict[str, Any]:
        """Return the run-time settings that are set."""
        given = (spec for spec in SPECS.values() if self.env.get(spec.variable, "").strip())
        return {spec.name: self(spec.variable, spec.parse, spec.default) for spec in given}

    def finished(self, config: Config) -> list[str]:
        """Return what was wrong."""
        if not config.secret_keys and not any("SECRET_KEY" in text for text in self.failures):
            self.failures.append(
                "SECRET_KEY is not set: give at least 32 random characters, like those that "
                "`openssl rand -hex 32` prints"
            )
        return self.failures


def _secrets(raw: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in raw.split(",") if part.strip())
    if any(len(key) < MINIMUM_SECRET for key in keys):
        raise ValueError(f"every key needs at least {MINIMUM_SECRET} characters")
    return keys


def _database(raw: str) -> str:
    if raw.startswith("postgres://"):
        raw = "postgresql://" + raw.removeprefix("postgres://")
    if raw.startswith("postgresql://"):
        return "postgresql+psycopg://" + raw.removeprefix("postgresql://")
    if raw.startswith(("sqlite:///", "postgresql+psycopg://")):
        return raw
    raise ValueError("give sqlite:///path/to/file.db or postgresql://user:password@host/name")


def _networks(raw: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in raw.split(",") if part.strip())
    except ValueError as reason:
        raise ValueError(f"give networks like 10.0.0.0/8,127.0.0.1/32: {reason}") from None


def _level(raw: str) -> str:
    if raw.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("say DEBUG, INFO, WARNING or ERROR")
    return raw.upper()


def _format(raw: str) -> str:
    if raw.lower() not in ("text", "json"):
        raise ValueError("say text or json")
    return raw.lower()


def _metrics_token(raw: str) -> str:
    if len(raw) < MINIMUM_TOKEN or not raw.isascii() or not raw.isprintable() or " " in raw:
        raise ValueError(f"give at least {MINIMUM_TOKEN} random letters and digits")
    return raw
