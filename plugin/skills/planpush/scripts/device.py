"""The device grant (RFC 8628): a code that a person allows in a browser, and asking for it."""

from __future__ import annotations

import re
import socket
import time
from typing import Any, Dict, NamedTuple

import answers
import credentials
import transport
from credentials import Store, ask, opened
from stop import UNREACHABLE, Stop, one_line
from transport import Answer, Lost

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "plans:read plans:write comments:write"
CODE = re.compile(r"[!-~]{1,500}")
USER_CODE = re.compile(r"[A-Za-z0-9-]{1,40}")
SLOWER = 5.0  # seconds more between two questions, each time the server asks for it
SHORTEST = 0.1
AGAIN = "fix: planpush login, for a new code"
ENDS = {
    "expired_token": "the code ran out before anybody allowed it",
    "access_denied": "the sign-in was denied in the browser",
    "invalid_grant": "the code is not known any more",
}


class Heard(NamedTuple):
    """What asking once brought: whether we are in, how long to wait, and what went wrong."""

    done: bool
    pause: float = 0.0
    trouble: str = ""


def question(address: str) -> Dict[str, Any]:
    """Ask the server for a code; return what has to be kept until it is allowed."""
    form = {"scope": SCOPE, "device_name": device_name()}
    path = "/oauth/device_authorization"
    try:
        answer = ask(address, path, **form)
    except Lost as lost:
        raise transport.gave_up(address, None, str(lost)) from None
    data = good(address, answer).data
    lasts = min(answers.number(data, "expires_in", 600), 3600)
    return {
        "device_code": answers.text(data, "device_code", CODE),
        "user_code": answers.text(data, "user_code", USER_CODE),
        "address": answers.text(data, "verification_uri", answers.ADDRESS),
        "complete": answers.text(data, "verification_uri_complete", answers.ADDRESS, ""),
        "interval": float(min(answers.number(data, "interval", 5), 60)),
        "ends_at": time.time() + lasts,
        "asked_at": 0.0,
    }


def good(address: str, answer: Answer) -> Answer:
    """Return a good answer of an OAuth endpoint; raise what another one means."""
    if answer.status in transport.RETRIED:
        raise transport.gave_up(address, answer, "")
    transport.checked(address, answer)
    if answer.status < 300:
        return answer
    word, text = answer.data.get("error"), answer.data.get("error_description")
    said = " ".join(one_line(part)[:300] for part in (word, text) if part)
    if not said:
        raise transport.stranger(address)
    fix = "fix: update the plugin; if it is new, ask the server's operator"
    raise Stop(UNREACHABLE, f"the server refused the sign-in ({answer.status}): {said}", fix)


def device_name() -> str:
    """Return this machine's name as people recognise it."""
    return one_line(socket.gethostname())[:60] or "a terminal"


def left(store: Store) -> float:
    """Return the seconds for which the code that waits can still be allowed."""
    asked = store.mine.get("waiting")
    return float(asked["ends_at"]) - time.time() if isinstance(asked, dict) else 0.0


def polled(address: str) -> bool:
    """Ask once whether a code that waits was allowed; a refusal ends it without a word."""
    try:
        with opened(address) as store:
            return left(store) > 0 and turn(store).done
    except Stop:
        return False


def poll(address: str) -> Heard:
    """Ask once: whether we are in, the seconds until the next time, and what went wrong."""
    with opened(address) as store:
        if store.mine.get("waiting"):
            return turn(store)
        if store.mine.get("refresh_token"):
            return Heard(True)
    raise Stop(UNREACHABLE, f"no sign-in waits at {address}", "fix: planpush login")


def turn(store: Store) -> Heard:
    """Ask whether the code was allowed, unless that would be too soon."""
    asked = store.mine["waiting"]
    rest = float(asked["asked_at"]) + float(asked["interval"]) - time.time()
    if 0 < rest <= asked["interval"]:
        return Heard(False, rest)
    asked = store.mine["waiting"] = {**asked, "asked_at": time.time()}
    store.keep()
    try:
        answer = ask(store.address, grant_type=DEVICE, device_code=asked["device_code"])
    except Lost as lost:
        return Heard(False, 2 * max(asked["interval"], SHORTEST), str(lost))
    return heard(store, answer)


def heard(store: Store, answer: Answer) -> Heard:
    """Take in what the server says about the code."""
    asked, word = store.mine["waiting"], answer.data.get("error")
    if answer.status == 200 and credentials.hold(store, answer.data):
        store.mine["device"] = device_name()
        store.forget("waiting")
        return Heard(True)
    if word == "slow_down":
        asked = store.mine["waiting"] = {**asked, "interval": asked["interval"] + SLOWER}
        store.keep()
    elif word in ("expired_token", "access_denied", "invalid_grant"):
        store.forget("waiting")
        raise Stop(UNREACHABLE, ENDS[str(word)], AGAIN)
    elif answer.status in transport.RETRIED:
        pause = max(asked["interval"], transport.retry_after(answer.headers), 1.0)
        return Heard(False, pause, f"{store.address} is not available ({answer.status})")
    elif word != "authorization_pending":
        good(store.address, answer)
        raise transport.stranger(store.address)
    return Heard(False, max(asked["interval"], SHORTEST))
