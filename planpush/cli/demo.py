"""`planpush demo`: a local server with sample plans."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from planpush.accounts.sessions import SignInLink
from planpush.accounts.user import User
from planpush.comments.answers import Answer
from planpush.comments.thread import Thread
from planpush.config import Config, environment
from planpush.database.session import commit, db, now
from planpush.document.anchoring.target import Place
from planpush.paths import SAMPLES
from planpush.plans.plan import Plan
from planpush.plans.version import Version
from planpush.reviews import reviewers
from planpush.versions.push import push_new
from planpush.versions.request import Push, SectionPush

ADMIN = "admin@example.com"
SHOWN = "auth-service-redesign"


def demo_config(port: int | str | None = None) -> Config:
    """Return the embedded default: SQLite and a secret key under DATA_DIR, local sign-in.

    Without a port of its own, a command beside a running demo takes that demo's.
    """
    demo_folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    return Config.from_env(demo_environment(port))


def demo_environment(port: int | str | None = None) -> dict[str, str]:
    """Return the environment of the demo in this folder."""
    env = environment(PORT=port)
    folder = demo_folder()
    env["SECRET_KEY"] = env.get("SECRET_KEY") or _kept(folder / "secret_key", secrets.token_hex(32))
    if not env.get("PORT") and (folder / "port").is_file():
        env["PORT"] = (folder / "port").read_text().strip()
    return env


def demo_folder() -> Path:
    """Return where the demo keeps its data."""
    return Path(environment().get("DATA_DIR") or "./var").absolute()


def is_demo_here() -> bool:
    """Tell whether this folder has a demo, and no configuration of its own."""
    return not environment().get("SECRET_KEY") and (demo_folder() / "secret_key").is_file()


def _kept(path: Path, made: str) -> str:
    """Return what the file at `path` keeps, `made` when it is new; only its owner may read it."""
    if not path.is_file():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(made)
    return path.read_text().strip()


def prepare(config: Config) -> tuple[str, str]:
    """Load the samples into an empty database; return a sign-in link and a plan's address."""
    if not db.session.scalar(select(func.count()).select_from(User)):
        people = {
            person["key"]: User.add(person["email"], name=person["name"], roles=person["roles"])
            for person in json.loads((SAMPLES / "people.json").read_text())
        }
        for folder in sorted(path for path in SAMPLES.iterdir() if (path / "plan.json").is_file()):
            plan = load_sample(folder, people)
            commit()
            plan.active_at = Version.of(plan).pushed_at
    (config.data_dir / "port").write_text(str(config.port))
    admin = User.by_email(ADMIN)
    if admin is None:
        admin = User.add(ADMIN, name="Ada Demo", roles=["admin"])
    link = f"{config.base_url}/sign-in/local?token={SignInLink.issue(admin)}"
    slug = json.loads((SAMPLES / SHOWN / "plan.json").read_text())["slug"]
    return link, f"{config.base_url}/p/{slug}"


def load_sample(folder: Path, people: Mapping[str, User]) -> Plan:
    """Push a sample's versions one by one, each with the threads that were opened on it.

    The last one answers what was opened before it.
    """
    described = json.loads((folder / "plan.json").read_text())
    threads = json.loads((folder / "threads.json").read_text())
    owner, count = people[described["owner"]], len(described["versions"])
    plan: Plan | None = None
    opened = list[tuple[Thread, Any]]()
    for number, version in enumerate(described["versions"], 1):
        push = _push(folder, described, version, number, opened if number == count else ())
        done = plan.push(push, by=owner) if plan else push_new(push, by=owner)
        plan = done.plan
        _age(done.version, count - number, (thread for thread, _ in opened))
        here = [thread for thread in threads if thread["on_version"] == number]
        opened += [(_open(plan, thread, people), thread) for thread in here]
    if plan is None:
        raise ValueError(f"{folder.name} has no versions")
    for key in described.get("reviewers", ()):
        reviewers.ask(plan, people[key], by=owner)
    return plan


def _push(
    folder: Path, described: Any, version: Any, number: int, opened: Iterable[tuple[Thread, Any]]
) -> Push:
    return Push(
        sections=[
            SectionPush(anchor, _section(folder, anchor, number)) for anchor in version["sections"]
        ],
        title=described["title"],
        wish=described["slug"],
        base_version=number - 1 or None,
        visibility=described["visibility"] if number == 1 else None,
        message=version["message"],
        direction=version.get("direction", ""),
        agent="claude-code",
        answers=[
            Answer(thread.id, **told["answer"]) for thread, told in opened if "answer" in told
        ],
    )


def _section(folder: Path, anchor: str, number: int) -> str:
    """Return a section as it is in version `number`: a later folder holds only what changed."""
    for earlier in range(number, 0, -1):
        path = folder / f"v{earlier}" / f"{anchor}.html"
        if path.is_file():
            return path.read_text()
    raise FileNotFoundError(f"{folder.name}: {anchor} is in no version up to {number}")


def _age(version: Version, later: int, threads: Iterable[Thread]) -> None:
    version.pushed_at = now() - timedelta(days=later * 2, minutes=4)
    for thread in threads:
        if thread.answered_at is not None:
            thread.answered_at = version.pushed_at


def _open(plan: Plan, thread: Any, people: Mapping[str, User]) -> Thread:
    place = Place(
        anchor=thread.get("anchor", ""),
        quote=thread.get("quote", ""),
        row=thread.get("row", ""),
        column=thread.get("column", ""),
    )
    first, *replies = thread["comments"]
    opened = plan.open_thread(
        place,
        first["body"],
        by=people[first["by"]],
        on=thread["on_version"],
        blocking=thread.get("blocking", False),
    )
    for reply in replies:
        opened.comment(reply["body"], by=people[reply["by"]])
    for comment, said in zip(opened.comments, thread["comments"], strict=True):
        comment.created_at = now() - timedelta(minutes=said["minutes_ago"])
    if thread.get("resolved"):
        opened.resolve(by=people[thread.get("resolved_by", first["by"])])
    return opened
