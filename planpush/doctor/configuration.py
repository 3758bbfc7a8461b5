"""Checks the configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from urllib.parse import urlsplit

from planpush.config import Config
from planpush.doctor.line import Line, fail, ok, warn
from planpush.setting_specs import SPECS

NAME = "configuration"
VARIABLES = (
    "SECRET_KEY", "BASE_URL", "DATABASE_URL", "DATA_DIR", "PORT", "WEB_WORKERS", "WEB_THREADS",
    "TRUSTED_PROXIES", "DRAIN_SECONDS", "MAX_DOCUMENT_BYTES", "RATE_LIMITS", "WORKER",
    "WEBHOOK_NETWORKS", "LOG_LEVEL", "LOG_FORMAT", "METRICS_TOKEN",
    *(spec.variable for spec in SPECS.values()),
)  # fmt: skip
_FEW = 12  # different characters of a key that nobody drew at random


def given(env: Mapping[str, str]) -> dict[str, bool]:
    """Return every variable, and whether it is set."""
    return {name: bool(env.get(name, "").strip()) for name in VARIABLES}


def configuration(env: Mapping[str, str], config: Config, failures: list[str]) -> Iterator[Line]:
    """Look at the environment, one line for each variable that cannot be used."""
    for told in failures:
        name = told.partition(":")[0].split()[0]
        yield fail(NAME, told, f"Set {name} to a value that .env.example describes.")
    there = [name for name, is_set in given(env).items() if is_set]
    yield ok(NAME, f"set: {', '.join(there) or 'nothing'}; all else is at its default")
    yield from _misspelt(env)
    yield from _key(config)
    yield from _address(config, failures)
    if not config.rate_limits and not is_local(config.base_url):
        yield warn("RATE_LIMITS", "off", "Leave it out: off is for load tests on this machine.")


def _misspelt(env: Mapping[str, str]) -> Iterator[Line]:
    """Name what is set and not read, where its name is nearly one that is."""
    for name in sorted(set(env) - set(VARIABLES)):
        bare = name.removeprefix("PLANPUSH_")
        near = [bare] if bare in VARIABLES else get_close_matches(name, VARIABLES, 1, 0.88)
        if near and not env.get(near[0], "").strip():
            yield warn(NAME, f"{name} is set, and not read", f"Did you mean {near[0]}?")


def _key(config: Config) -> Iterator[Line]:
    name = "SECRET_KEY"
    for number, key in enumerate(config.secret_keys, 1):
        which = "it" if len(config.secret_keys) == 1 else f"key {number}"
        if len(set(key)) < _FEW or any(
            word in key.lower() for word in ("change", "secret", "1234")
        ):
            yield warn(
                name,
                f"{which} does not look random",
                "Take one from: python3 -c 'import secrets; print(secrets.token_hex(32))' and "
                "put it before the old one, with a comma between them.",
            )
            return
    if config.secret_keys:
        yield ok(name, "long enough, and looks random")


def _address(config: Config, failures: list[str]) -> Iterator[Line]:
    if any("BASE_URL" in told for told in failures):
        return
    name, local = "BASE_URL", is_local(config.base_url)
    if not config.secure and not local:
        yield warn(name, f"{config.base_url} is no https: sessions and tokens can be read on "
                   "their way",
                   "Put a proxy with https in front: docs/reverse-proxy.md.")  # fmt: skip
    elif config.secure and not config.trusted_proxies:
        yield warn(
            "TRUSTED_PROXIES",
            "BASE_URL is https, which a proxy brings, and none is trusted: everybody seems to "
            "come from its address, and shares one limit of sign-ins",
            "Set it to the number of proxies in front, mostly 1.",
        )
    elif local:
        yield ok(name, f"{config.base_url}: for people on this machine only")
    else:
        yield ok(name, f"{config.base_url}, behind {config.trusted_proxies} of your proxies")


def is_local(base_url: str) -> bool:
    """Tell whether an address is this machine's own."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
