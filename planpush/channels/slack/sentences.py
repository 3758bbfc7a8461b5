"""The sentences of Slack messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from planpush.channels.slack.text import escaped, is_visible, isolated, line, shortened
from planpush.notifications.message import Item, Message

DELETED = "This comment was deleted."
_NAME, _PLACE, _TITLE, _LINE = 80, 120, 150, 2_000
_GLIMPSE = 150
_FEW = 3
_PUSHED, _PUBLISHED = "version.pushed", "plan.published"
_ROLES = {"qa": "QA", "project_manager": "project manager"}
_ANSWERS = {
    "applied": "applied", "partial": "partly applied", "declined": "declined",
    "question": "asks back",
}  # fmt: skip
_WHY = {
    "mention": "You were mentioned.",
    "turn": "It is your turn.",
    "comment": "There is a comment on a plan of yours.",
    "version": "There is a new version of a plan that you have to do with.",
    "resolution": "A thread of yours was resolved or reopened.",
}
_COUNTED = {
    "comment.added": ("comment", "comments"),
    "thread.resolved": ("thread resolved", "threads resolved"),
    "thread.reopened": ("thread reopened", "threads reopened"),
    "thread.answered": ("thread answered", "threads answered"),
    _PUSHED: ("version", "versions"),
    _PUBLISHED: ("publication", "publications"),
}


def title(message: Message) -> str:
    """Return a plan's title in one line."""
    told = line(message.title)
    return told if is_visible(told) else "Untitled plan"


def told(message: Message) -> list[Item]:
    """Return the items that are worth telling: who pushed a published plan need not be told so."""
    pushed = any(item.kind == _PUSHED for item in message.items)
    return [item for item in message.items if not (pushed and item.kind == _PUBLISHED)]


def is_new(message: Message) -> bool:
    """Tell whether this is the first that is heard of a plan."""
    return any(item.kind in (_PUSHED, _PUBLISHED) and item.version == 1 for item in message.items)


def why(message: Message) -> str:
    """Return why somebody is told, in a sentence; empty in a channel."""
    return _WHY.get(message.why, "")


def who(item: Item, *, role: bool = False) -> str:
    """Return who did something, by which hand and in which role."""
    name = isolated(item.actor.name, _NAME)
    name = name if is_visible(name) else "Somebody"
    known = _ROLES.get(item.actor.role, item.actor.role)
    shown = f" ({known})" if role and known else ""
    return f"{name}'s agent{shown}" if item.actor.agent else f"{name}{shown}"


def place(item: Item) -> str:
    """Return the title of the section, as the end of a sentence."""
    found = isolated(item.where, _PLACE)
    return f" on {found}" if is_visible(found) else ""


def deed(item: Item, reason: str = "") -> str:
    """Return what was done, without where; `reason` is why somebody is told."""
    said = "commented" if item.opens else "replied"
    if item.kind == "comment.added" and reason == "mention":
        said = "mentioned you"
    elif item.kind == "comment.added" and reason == "turn" and not item.opens:
        said = "replied in a thread of yours"
    answered = _ANSWERS.get(item.status, "answered")
    return {
        "comment.added": said,
        "comment.edited": "mentioned you" if reason == "mention" else "edited a comment",
        "plan.handed_over": "handed this plan over to you",
        "editor.added": "made you an editor",
        "review.asked": "asks for your review",
        "sign_off.given": "asked for changes" if item.status == "changes" else "approved this",
        "thread.resolved": "resolved a thread",
        "thread.reopened": "reopened a thread",
        "thread.answered": f"answered a thread: {answered}",
        _PUSHED: f"pushed version {item.version}",
        _PUBLISHED: f"published version {item.version}",
    }.get(item.kind, isolated(item.kind, _NAME))


def sentence(item: Item, reason: str = "", *, role: bool = False) -> str:
    """Return who did what, and where."""
    where = place(item) if item.thread else ""
    if item.kind == "thread.answered" and where:
        answered = _ANSWERS.get(item.status, "answered")
        return f"{who(item, role=role)} answered a thread{where}: {answered}"
    return f"{who(item, role=role)} {deed(item, reason)}{where}"


def counted(items: Sequence[Item]) -> str:
    """Return how many of what there are: "12 comments, 1 thread resolved"."""
    found = Counter(item.kind for item in items)
    parts = [
        f"{found[kind]:,} {many if found[kind] > 1 else one}"
        for kind, (one, many) in _COUNTED.items()
        if found[kind]
    ]
    other = sum(found[kind] for kind in found if kind not in _COUNTED)
    return ", ".join([*parts, f"{other:,} more"] if other else parts)


def changes(item: Item) -> Iterator[str]:
    """Give what a version did to sections, by title: a line for each kind of change."""
    for label, titles in (
        ("Added", item.added), ("Changed", item.changed), ("Removed", item.removed),
    ):  # fmt: skip
        if titles:
            few = ", ".join(isolated(one, _PLACE) or "untitled" for one in titles[:_FEW])
            more = f" and {len(titles) - _FEW:,} more" if len(titles) > _FEW else ""
            yield f"{label}: {few}{more}"


def _glimpse(item: Item) -> str:
    """Return how the words begin, for who reads no more than a phone shows."""
    words = "" if item.deleted else isolated(item.words, _GLIMPSE)
    return f": {words}" if is_visible(words) else ""


def fallback(message: Message) -> str:
    """Return the line that notifications show, escaped."""
    items = told(message)
    if len(items) <= _FEW:
        reason = message.why if len(items) == 1 else ""
        said = "; ".join(sentence(item, reason) for item in items)
        said += _glimpse(items[0]) if len(items) == 1 else ""
    else:
        names = list(dict.fromkeys(who(item) for item in items))
        rest = f" and {len(names) - _FEW:,} others" if len(names) > _FEW else ""
        said = f"{counted(items)} by {', '.join(names[:_FEW])}{rest}"
    if len(items) > 1 and why(message):
        said = f"{why(message)} {said}"
    new = "New plan " if is_new(message) else ""
    about = escaped(isolated(title(message), _TITLE))
    return f"{new}{about}: {shortened(said, _LINE)}"
