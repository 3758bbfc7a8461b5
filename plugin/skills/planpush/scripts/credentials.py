"""What signing in left in ~/.planpush/credentials.json, and how it is renewed.

A refresh token works once, and one that comes twice ends the sign-in on the server. So whoever
renews holds a lock, reads the file again, and writes down first that the token goes out: when the
answer never arrives, the next command says "sign in again" instead of sending it a second time.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
import urllib.parse
from typing import Any, Dict, Iterator, Union

import settings
import state
import transport
from stop import UNREACHABLE, Stop
from transport import Answer, Call, Lost

CLIENT = "planpush-cli"
FILE = "~/.planpush/credentials.json"
EARLY = 60  # seconds before its end in which a token is renewed
PATIENCE = 15.0  # seconds for an answer: a poll that begins last must end within two minutes
UNSURE = (408, 504)  # something in between gave up waiting: the server may have renewed
TOKENS = ("access_token", "refresh_token", "expires_at", "scope", "device", "renewing")
Data = Dict[str, Any]


class Ended(Stop):
    """The sign-in is over: a person has to sign in again."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(UNREACHABLE, f"signed out of {address}: {why}", "fix: planpush login")


class Fixed:
    """A token that somebody set by hand: it cannot be renewed."""

    def __init__(self, token: str, origin: str) -> None:
        self.token, self.origin = token, origin

    def secret(self) -> str:
        """Return the token, empty when there is none."""
        return self.token

    def renewed(self, _refused: str) -> str:
        """Return nothing: there is no other."""
        return ""


class SignIn:
    """The tokens that signing in gave for one server."""

    origin = "login"

    def __init__(self, address: str) -> None:
        self.address = address

    def secret(self) -> str:
        """Return an access token that holds for a while yet."""
        return current(self.address)

    def renewed(self, refused: str) -> str:
        """Return another access token than the one that the server refused."""
        return current(self.address, refused)


Credential = Union[Fixed, SignIn]


class Store:
    """The file while it is locked: `mine` is what it holds of one server."""

    def __init__(self, path: str, address: str) -> None:
        self.path, self.address = path, address
        stored = settings.read(path)
        found = stored.get("servers", {}) if isinstance(stored, dict) else None
        self.damaged = not isinstance(found, dict)
        self.servers: Data = found if isinstance(found, dict) else {}
        own = self.servers.get(address)
        self.mine: Data = dict(own) if isinstance(own, dict) else {}

    def keep(self) -> None:
        """Write the file, if something is another."""
        if self.mine == self.servers.get(self.address, {}) and not self.damaged:
            return
        self.servers = {**self.servers, self.address: dict(self.mine)}
        if not self.mine:
            del self.servers[self.address]
        state.save(self.path, {"servers": self.servers})
        self.damaged = False

    def forget(self, *names: str) -> None:
        """Forget these parts, and write that down."""
        for name in names:
            self.mine.pop(name, None)
        self.keep()


@contextlib.contextmanager
def opened(address: str, mend: bool = False) -> Iterator[Store]:
    """Give what is stored for a server, under a lock. `mend` takes a damaged file as empty."""
    path = os.path.join(state.home(), "credentials.json")
    with state.lock(path + ".lock"):
        store = Store(path, address)
        if store.damaged and not mend:
            fix = "fix: planpush login (it writes the file anew)"
            raise Stop(UNREACHABLE, f"{FILE} is damaged: nobody is signed in", fix)
        yield store


def of(address: str) -> Credential:
    """Return the credential for a server: a token set in the environment wins."""
    token, origin = settings.token(address)
    if origin == "PLANPUSH_TOKEN":
        return Fixed(token, origin)
    stored = settings.read(os.path.join(state.home(), "credentials.json"))
    if stored != {} and not (token and stored is None):
        with opened(address) as store:
            if store.mine.get("refresh_token"):
                return SignIn(address)
    return Fixed(token, origin)


def current(address: str, refused: str = "") -> str:
    """Return a live access token, renewed when it is about to end or was refused."""
    with opened(address) as store:
        token = str(store.mine.get("access_token") or "")
        left = float(store.mine.get("expires_at") or 0) - time.time()
        if token and token != refused and left > EARLY:
            return token
        if not store.mine.get("refresh_token"):
            return ""
        return renew(store)


def renew(store: Store) -> str:
    """Turn the refresh token into the next pair; return the access token."""
    refresh = str(store.mine["refresh_token"])
    mark = state.digest(refresh)
    if store.mine.get("renewing") == mark:
        store.forget(*TOKENS)
        raise Ended(store.address, "an earlier renewal was cut off")
    store.mine["renewing"] = mark
    store.keep()
    try:
        answer = ask(store.address, grant_type="refresh_token", refresh_token=refresh)
    except Lost as lost:
        if lost.sent:
            store.forget(*TOKENS)
            raise Ended(store.address, f"its renewal got no answer ({lost})") from None
        store.forget("renewing")
        raise transport.gave_up(store.address, None, str(lost)) from None
    except Stop:
        store.forget("renewing")
        raise
    return settled(store, answer)


def settled(store: Store, answer: Answer) -> str:
    """Keep the pair that a renewal gave, or take its refusal in."""
    if answer.status == 200 and hold(store, answer.data):
        return str(store.mine["access_token"])
    if answer.data.get("error") in ("invalid_grant", "invalid_client", "unauthorized_client"):
        store.forget(*TOKENS)
        raise Ended(store.address, "it has expired, or was ended on the server")
    if answer.status in UNSURE:
        store.forget(*TOKENS)
        raise Ended(store.address, f"its renewal got no answer ({answer.status})")
    store.forget("renewing")
    if answer.status in transport.RETRIED:
        raise transport.gave_up(store.address, answer, "")
    transport.checked(store.address, answer)
    raise transport.stranger(store.address)


def hold(store: Store, data: Data) -> bool:
    """Keep the tokens of an answer; tell whether there were any. The clock is ours throughout."""
    access, refresh = data.get("access_token"), data.get("refresh_token")
    for secret in (access, refresh):
        if not (isinstance(secret, str) and re.fullmatch(r"[!-~]{1,2000}", secret)):
            return False
    lasts = data.get("expires_in")
    known = isinstance(lasts, (int, float)) and not isinstance(lasts, bool) and 0 < lasts < 10**8
    scope = data.get("scope")
    known_scope = isinstance(scope, str) and re.fullmatch(r"[a-z:]+(?: [a-z:]+)*", scope)
    store.mine.update(
        access_token=access,
        refresh_token=refresh,
        expires_at=time.time() + (float(lasts) if known else 3600.0),  # type: ignore[arg-type]
        scope=scope if known_scope else str(store.mine.get("scope") or ""),
    )
    store.mine.pop("renewing", None)
    store.keep()
    return True


def ask(address: str, path: str = "/oauth/token", **form: str) -> Answer:
    """Send a form to an OAuth endpoint, once. Raises `Lost` when no answer comes."""
    body = urllib.parse.urlencode({"client_id": CLIENT, **form}).encode("ascii")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return transport.attempt(address, Call("POST", path, body, headers, timeout=PATIENCE))


def described(address: str, credential: Credential) -> str:
    """Return in words whose the credential is, as far as it is known here."""
    if isinstance(credential, Fixed):
        return f" (with {credential.origin})" if credential.origin else ""
    with opened(address) as store:
        device, scope = str(store.mine.get("device") or ""), str(store.mine.get("scope") or "")
    told = ", ".join(part for part in (device and f"this machine as {device}", scope) if part)
    return f" ({told})" if told else ""
