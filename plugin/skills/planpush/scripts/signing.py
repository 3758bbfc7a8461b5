"""The verbs of signing in: login asks a person in a browser, logout gives the sign-in back."""

from __future__ import annotations

import argparse
import time

import client
import credentials
import problems
import settings
import transport
from credentials import Ended, Store, ask, opened
from device import left, poll, polled, question
from stop import FIX, UNREACHABLE, Stop
from transport import Call, Lost

LONGEST = 100.0  # seconds: agents stop a command after two minutes


def login(arguments: argparse.Namespace) -> int:
    """Ask for a code that a person allows in a browser; with --wait, wait until they have."""
    address = server(arguments.server)
    if arguments.wait:
        return wait(address, min(arguments.timeout, LONGEST))
    with opened(address, mend=True) as store:
        store.keep()
    if signed_in(address) or polled(address):
        print(told(address))
        return 0
    with opened(address) as store:
        if left(store) < 60:
            store.mine["waiting"] = question(address)
            store.keep()
        show(store)
    return 0


def server(wished: str) -> str:
    """Return the server's address; one that is named is checked and remembered."""
    address = settings.clean(wished.strip(), "SERVER") if wished else settings.server()[0]
    spare(address)
    info = transport.send(address, Call("GET", "/api/info"))
    if info.status != 200 or info.data.get("name") != "planpush":
        raise transport.stranger(address)
    if info.data.get("api") != 1:
        raise Stop(FIX, f"{address} is newer than this helper", "fix: update the plugin")
    if wished:
        settings.keep(address)
        actual, source = settings.server()
        if actual != address:
            raise Stop(FIX, f"{source} names another server: {actual}", f"fix: unset {source}")
    return address


def spare(address: str) -> None:
    """Stop where PLANPUSH_TOKEN would go to another server than the one it was set for.

    Whoever talks an agent into naming their own server would get it.
    """
    if settings.token(address)[1] != "PLANPUSH_TOKEN":
        return
    try:
        before = settings.server()[0]
    except Stop:  # the first server that anybody names here
        return
    if before != address:
        fix = "fix: unset PLANPUSH_TOKEN; or set PLANPUSH_SERVER beside it, if it is for that one"
        raise Stop(FIX, f"PLANPUSH_TOKEN is not sent to {address}: it is for {before}", fix)


def signed_in(address: str) -> bool:
    """Tell whether the server takes the token that is here; a dead sign-in is forgotten."""
    credential = credentials.of(address)
    if not credential.origin:
        return False
    found = client.Server(address, credential, "")
    try:
        answer = found.get("/api/plans")
    except Ended:
        return False
    if answer.status == 401 and credential.origin != "PLANPUSH_TOKEN":
        return False
    if answer.status != 403:
        problems.must(found, answer)
    return True


def told(address: str) -> str:
    """Return who is signed in, as far as it is known here."""
    return f"signed in at {address}" + credentials.described(address, credentials.of(address))


def show(store: Store) -> None:
    """Print where the person goes and what they type."""
    asked = store.mine["waiting"]
    if asked["complete"]:
        print(f"open {asked['complete']}")
        print(f"or go to {asked['address']} and type {asked['user_code']}")
    else:
        print(f"open {asked['address']} and type {asked['user_code']}")
    print(f"the code holds for {max(1, round(left(store) / 60))} minutes")
    print("next: show the user the address and the code, then run `planpush login --wait`")


def wait(address: str, seconds: float) -> int:
    """Poll until the person has answered, or the time is up."""
    end = time.monotonic() + seconds
    while True:
        heard = poll(address)
        if heard.done:
            print(told(address))
            return 0
        if time.monotonic() + heard.pause > end:
            what = heard.trouble or "nobody has allowed it yet"
            raise Stop(UNREACHABLE, what, "fix: run planpush login --wait again")
        time.sleep(heard.pause)


def logout(_arguments: argparse.Namespace) -> int:
    """End the sign-in on the server and forget it here, whether the server answers or not."""
    address = settings.server()[0]
    with opened(address, mend=True) as store:
        refresh = store.mine.get("refresh_token")
        trouble = revoked(address, str(refresh)) if refresh else ""
        store.mine = {}
        store.keep()
    by_hand, origin = settings.token(address)
    settings.forget_token()
    print(f"signed out of {address}" if refresh or by_hand else f"not signed in at {address}")
    if trouble:
        print(f"the server could not be told ({trouble}): the sign-in is forgotten here only")
        print(f"fix: end it on the page {address}/settings/tokens")
    if by_hand:
        print(f"the token of {origin} still works: end it on the page {address}/settings/tokens")
    if origin == "PLANPUSH_TOKEN":
        print("fix: unset PLANPUSH_TOKEN, it is used as long as it is set")
    return 0


def revoked(address: str, refresh: str) -> str:
    """Give the refresh token back; return what went wrong."""
    try:
        answer = ask(address, "/oauth/revoke", token=refresh)
    except Lost as lost:
        return str(lost)
    except Stop as stop:
        return stop.lines[0]
    return "" if answer.status == 200 else f"it answers {answer.status}"
