"""Sending what must happen once, however often the connection drops."""

from __future__ import annotations

import json
import uuid
from typing import Any, Dict

import state
from client import Server
from editing import drafts
from state import Conversation
from transport import Answer


def once(server: Server, path: str, body: Dict[str, Any]) -> Answer:
    """Send. The key is kept on disk until an answer came, whatever happens to us."""
    with drafts() as here:
        key = idempotency_key(here, path, body)
    answer = server.post(path, body, key)
    with drafts() as here:
        here.unsure.pop(path, None)
    return answer


def idempotency_key(here: Conversation, path: str, body: Dict[str, Any]) -> str:
    """Return the key of this body: the same one after a request whose answer never arrived."""
    fingerprint = state.digest(json.dumps(body, sort_keys=True))
    if here.unsure.get(path, {}).get("digest") != fingerprint:
        here.unsure[path] = {"digest": fingerprint, "key": str(uuid.uuid4())}
    return here.unsure[path]["key"]
