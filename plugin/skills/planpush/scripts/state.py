"""What a conversation keeps under ~/.planpush: its drafts and what the server had last."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Dict, Iterator, List, Optional

from stop import FIX, Stop


@dataclass
class Section:
    """A draft. `html` is None when only the server has the text; `was` is a rename not yet told."""

    anchor: str
    sha256: str
    html: Optional[str] = None
    was: Optional[str] = None
    clash: bool = False  # the server's text changed too, and nobody has merged them yet
    since: Optional[int] = None  # with a clash: the version that this text started from

    def sent(self, with_text: bool) -> Dict[str, Optional[str]]:
        """Return the section as it is sent: without its text where the server need not have it."""
        html = self.html if with_text else None
        return {"anchor": self.anchor, "sha256": self.sha256, "html": html, "was": self.was}


@dataclass
class Conversation:
    """One conversation with one server. `outline` is the server's at version `base`."""

    plan: Optional[str] = None
    base: Optional[int] = None
    url: str = ""
    visibility: str = ""
    sections: List[Section] = field(default_factory=list)
    outline: List[Dict[str, Any]] = field(default_factory=list)
    responses: Dict[str, Dict[str, str]] = field(default_factory=dict)  # wait for the next push
    cursor: str = ""  # what `wait` has told already
    unsure: Dict[str, Dict[str, str]] = field(default_factory=dict)  # sent, no answer yet, by path

    def reset(self) -> None:
        """Forget everything: the next push makes a new plan."""
        fresh = Conversation()
        for part in fields(self):
            setattr(self, part.name, getattr(fresh, part.name))

    def plan_or_stop(self) -> str:
        """Return the plan's slug; without one there is nothing to ask the server about."""
        if not self.plan:
            fix = "fix: `use SLUG`; `plans` lists them"
            raise Stop(FIX, "this conversation has no plan yet", fix)
        return self.plan

    def find(self, anchor: str) -> Optional[Section]:
        """Return the draft with this anchor."""
        return next((one for one in self.sections if one.anchor == anchor), None)

    def known(self) -> Dict[str, str]:
        """Return anchor → sha256 of the server's version that the drafts started from."""
        return {str(entry["anchor"]): str(entry["sha256"]) for entry in self.outline}

    def open_threads(self) -> Dict[str, int]:
        """Return anchor → number of open threads when the server was last asked."""
        return {str(one["anchor"]): int(one.get("open_threads") or 0) for one in self.outline}

    def edited(self) -> List[Section]:
        """Return the drafts that the server does not have under the same anchor."""
        known = self.known()
        return [one for one in self.sections if known.get(one.anchor) != one.sha256]

    def removed(self) -> List[str]:
        """Return the server's anchors that are neither drafted nor renamed here."""
        here = {one.anchor for one in self.sections} | {one.was for one in self.sections}
        return [anchor for anchor in self.known() if anchor not in here]

    def reordered(self) -> bool:
        """Tell whether the sections that the server has stand in another order here."""
        known = self.known()
        kept = [one.was or one.anchor for one in self.sections]
        kept = [anchor for anchor in kept if anchor in known]
        return kept != [anchor for anchor in known if anchor in kept]


def digest(html: str) -> str:
    """Return the sha256 of the bytes that are sent."""
    return hashlib.sha256(html.encode("utf-8")).hexdigest()


@contextlib.contextmanager
def conversation(server: str, session: str) -> Iterator[Conversation]:
    """Give the conversation under a lock, and keep what the verb made of it, a stop included."""
    path = place(server, session)
    with lock(path + ".lock"):
        here = load(path)
        before = asdict(here)
        try:
            yield here
        finally:
            if asdict(here) != before:
                save(path, asdict(here))


def place(server: str, session: str) -> str:
    """Return the file of this server and session; its folders exist and are private."""
    host = re.sub(r"[^a-z0-9.]+", "-", server.lower().split("://")[-1])[:60].strip("-.")
    folder = home()
    for name in ("sessions", f"{host}-{digest(server)[:8]}"):
        folder = private_folder(os.path.join(folder, name))
    safe = re.fullmatch(r"[A-Za-z0-9_-]{1,80}", session)
    return os.path.join(folder, (session if safe else digest(session)[:32]) + ".json")


def home() -> str:
    """Return ~/.planpush, private."""
    return private_folder(os.path.join(os.path.expanduser("~"), ".planpush"))


def private_folder(path: str) -> str:
    """Make the folder for its owner only, also when it was there with wider rights."""
    os.makedirs(path, mode=0o700, exist_ok=True)
    os.chmod(path, 0o700)
    return path


def load(path: str) -> Conversation:
    """Return the conversation in this file, or a new one."""
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        sections = [Section(**known(Section, one)) for one in data.pop("sections")]
        return Conversation(sections=sections, **known(Conversation, data))
    except FileNotFoundError:
        return Conversation()
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Stop(
            FIX,
            f"the drafts in {path} cannot be read",
            "fix: move that file away, then `use` the plan again",
        ) from None


def known(kind: Any, data: Dict[str, Any]) -> Dict[str, Any]:
    """Return what this helper knows of; another version of it may have kept more."""
    names = {part.name for part in fields(kind)}
    return {name: value for name, value in data.items() if name in names}


def save(path: str, data: Dict[str, Any]) -> None:
    """Write the file for its owner only: beside it, then renamed, so that it is never half."""
    number, beside = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".new-")  # 0600
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump(data, file)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


@contextlib.contextmanager
def lock(path: str) -> Iterator[None]:
    """Let one verb at a time change a conversation; agents run commands side by side."""
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.name == "nt":
            import msvcrt

            held = False
            while not held:  # it gives up after ten seconds, and we wait
                with contextlib.suppress(OSError):
                    msvcrt.locking(number, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
                    held = True
        else:
            import fcntl

            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)  # gives the lock back
