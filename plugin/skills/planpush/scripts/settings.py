"""Which server this is about: the environment, ~/.planpush/config.json, or the plugin's own."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Dict, Tuple
from urllib.parse import urlsplit

import state
from stop import UNREACHABLE, Stop, one_line
from transport import LOOPBACK

CONFIG = "~/.planpush/config.json"
SIGN_IN = "fix: planpush login https://plans.example.com (where the plan pages are)"
BAKED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "server.json")


def server() -> Tuple[str, str]:
    """Return the server's address and where that is written."""
    wished = os.environ.get("PLANPUSH_SERVER", "").strip()
    if wished:
        return clean(wished, "PLANPUSH_SERVER"), "PLANPUSH_SERVER"
    own = str(config().get("server") or "").strip()
    if own:
        return clean(own, CONFIG), CONFIG
    theirs = str(baked().get("server") or "").strip()
    if theirs:
        return clean(theirs, "server.json"), "the plugin"
    raise Stop(UNREACHABLE, "no server is set", SIGN_IN)


def clean(address: str, where: str) -> str:
    """Return an address as it is stored and compared: no slash at its end, its host lower-case."""
    match = re.fullmatch(r"(https?://[^\s/?#@]+)((?:/[^\s?#]*)?)", address, re.IGNORECASE)
    if not match or not address.isprintable():
        fix = SIGN_IN
        if where == "PLANPUSH_SERVER":
            fix = "fix: set PLANPUSH_SERVER, for instance to https://plans.example.com"
        raise Stop(UNREACHABLE, f"{where} is not an address: {one_line(address)[:200]}", fix)
    found = normal(address)
    if found.startswith("http://") and urlsplit(found).hostname not in LOOPBACK:
        fix = f"fix: use https://{found[7:]}; plain http is for this machine only"
        raise Stop(UNREACHABLE, f"{found} would send your token unencrypted", fix)
    return found


def normal(address: str) -> str:
    """Return an address as two of them are compared; it need not be one."""
    host, slash, path = address.strip().partition("://")
    name, more, rest = path.partition("/")
    return f"{host.lower()}{slash}{name.lower()}{more}{rest}".rstrip("/")


def token(address: str) -> Tuple[str, str]:
    """Return a token that somebody set by hand for this server, and where; often none."""
    found, where = os.environ.get("PLANPUSH_TOKEN", "").strip(), "PLANPUSH_TOKEN"
    if not found:  # one in the file belongs to the server in the file
        stored = config()
        if normal(str(stored.get("server") or "")) == address:
            found, where = str(stored.get("token") or "").strip(), CONFIG
    if not re.fullmatch(r"[!-~]*", found):
        fix = "fix: copy it again from the server's page Settings, API tokens"
        raise Stop(UNREACHABLE, f"the token in {where} holds characters that no token has", fix)
    return found, where if found else ""


def keep(address: str) -> None:
    """Remember the server. A token for another one is forgotten with it."""
    stored = config()
    if normal(str(stored.get("server") or "")) != address:
        stored.pop("token", None)
    if stored.get("server") != address:
        state.save(os.path.join(state.home(), "config.json"), {**stored, "server": address})


def forget_token() -> None:
    """Forget the token that stands in the configuration."""
    stored = config()
    if stored.pop("token", None) is not None:
        state.save(os.path.join(state.home(), "config.json"), stored)


def config() -> Dict[str, Any]:
    """Return ~/.planpush/config.json: `server` and `token`, both optional."""
    stored = read(os.path.join(state.home(), "config.json"))
    if not isinstance(stored, dict):
        fix = 'fix: write {"server": "https://plans.example.com"} into it, or remove it'
        raise Stop(UNREACHABLE, f"{CONFIG} is not a JSON object", fix)
    return stored


def baked() -> Dict[str, Any]:
    """Return what the server wrote into the plugin that it handed out, if it did."""
    stored = read(BAKED)
    return stored if isinstance(stored, dict) else {}


def read(path: str) -> Any:
    """Return the JSON of a file: {} when there is none, None when it is damaged."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        return None


def session() -> str:
    """Return the host's id of this conversation, empty where it tells none."""
    return os.environ.get("CLAUDE_CODE_SESSION_ID", "")[:200]
