"""The configuration: one frozen, typed object, and the only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

PROVIDERS = ("local",)
ROLES = ("admin", "project_manager", "developer", "qa")
MINIMUM_SECRET = 32
DEFAULT_PORT = 8075


def environment(**changes: object) -> dict[str, str]:
    """Return the environment, with `changes` that are not None."""
    told = {name: str(value) for name, value in changes.items() if value is not None}
    return {**os.environ, **told}


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
    auth_providers: tuple[str, ...] = ("local",)
    max_document_bytes: int = 5 * 1024 * 1024
    session_idle: int = 8 * 3600
    session_max_age: int = 7 * 24 * 3600
    rate_limits: bool = True
    log_level: str = "INFO"

    @property
    def secure(self) -> bool:
        """Tell whether people reach this server over https."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Config:
        """Read the environment. Raises `ConfigError` that names everything missing or malformed."""
        read = _Reader(environment() if env is None else env)
        data_dir = read("DATA_DIR", Path, Path("./var")).absolute()
        port = read("PORT", _between(1, 65535), DEFAULT_PORT)
        config = cls(
            secret_keys=read("SECRET_KEY", _secrets, ()),
            base_url=read("BASE_URL", _origin, f"http://127.0.0.1:{port}"),
            database_url=read("DATABASE_URL", _database, f"sqlite:///{data_dir / 'planpush.db'}"),
            data_dir=data_dir,
            port=port,
            web_workers=read("WEB_WORKERS", _between(0, 64), 0),
            web_threads=read("WEB_THREADS", _between(1, 256), 8),
            trusted_proxies=read("TRUSTED_PROXIES", _between(0, 10), 0),
            auth_providers=read("AUTH_PROVIDERS", _providers, ("local",)),
            max_document_bytes=read("MAX_DOCUMENT_BYTES", _between(1024, 2**28), 5 * 1024 * 1024),
            session_idle=read("SESSION_IDLE", _between(60, 10**8), 8 * 3600),
            session_max_age=read("SESSION_MAX_AGE", _between(60, 10**8), 7 * 24 * 3600),
            rate_limits=read("RATE_LIMITS", _switch, True),
            log_level=read("LOG_LEVEL", _level, "INFO"),
        )
        read.finish(config)
        return config


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

    def finish(self, config: Config) -> None:
        """Raise `ConfigError` if anything was wrong."""
        if not config.secret_keys and not any("SECRET_KEY" in text for text in self.failures):
            self.failures.append("SECRET_KEY is not set: give at least 32 random characters")
        if self.failures:
            raise ConfigError("\n".join(self.failures))


def _secrets(raw: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in raw.split(",") if part.strip())
    if any(len(key) < MINIMUM_SECRET for key in keys):
        raise ValueError(f"every key needs at least {MINIMUM_SECRET} characters")
    return keys


def _origin(raw: str) -> str:
    """Return the address as browsers write an Origin, since forms are compared with it."""
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError("give the address people use, like https://plans.example.com")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("give scheme and host only, without a path")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else parts.port
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _database(raw: str) -> str:
    if raw.startswith("postgres://"):
        raw = "postgresql://" + raw.removeprefix("postgres://")
    if raw.startswith("postgresql://"):
        return "postgresql+psycopg://" + raw.removeprefix("postgresql://")
    if raw.startswith(("sqlite:///", "postgresql+psycopg://")):
        return raw
    raise ValueError("give sqlite:///path/to/file.db or postgresql://user:password@host/name")


def _between(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not raw.isdecimal() or not low <= int(raw) <= high:
            raise ValueError(f"give a whole number from {low} to {high}")
        return int(raw)

    return parse


def _providers(raw: str) -> tuple[str, ...]:
    names = tuple(part.strip().lower() for part in raw.split(",") if part.strip())
    unknown = [name for name in names if name not in PROVIDERS]
    if unknown:
        raise ValueError(f"this release knows {', '.join(PROVIDERS)}, not {unknown[0]!r}")
    return names


def _switch(raw: str) -> bool:
    if raw.lower() not in ("on", "off"):
        raise ValueError("say on or off")
    return raw.lower() == "on"


def _level(raw: str) -> str:
    if raw.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("say DEBUG, INFO, WARNING or ERROR")
    return raw.upper()
