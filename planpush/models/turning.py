"""Turning: whose turn it is after each thing that happens, as in Gerrit's attention set.

`RULES` is the whole table; docs/your-turn.md says it in plain words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select

from planpush.content.agreement import LAPSED
from planpush.db import db
from planpush.models.audience import whom as newly_concerned
from planpush.models.event import Event
from planpush.models.plan import EDITOR, Plan
from planpush.models.preference import MENTION as NAMED
from planpush.models.scene import Scene
from planpush.models.sign_off import APPROVED, CHANGES, WAITING
from planpush.models.turn import (
    ANSWERED,
    COMMENT,
    HANDED,
    MENTION,
    QUESTION,
    REOPENED,
    REPLY,
    REVIEW,
    VERSION,
    WHOLE,
    Ended,
    Turn,
)
from planpush.models.user import User

OWNERS = (COMMENT, REOPENED, CHANGES, APPROVED, HANDED)
"""The reasons that concern an owner as such: whoever owns the plan next has these turns."""


@dataclass(frozen=True, slots=True)
class Gets:
    """Whose turn it is now, and why. Who did it never gets a turn by it."""

    who: Collection[int]
    reason: str


Move = Gets | Ended
Rule = Callable[[Scene], Iterable[Move]]


def actor_is_done(scene: Scene) -> Iterable[Move]:
    """Who acts has had their turn there."""
    yield Ended(scene.actor)


def all_are_done(_scene: Scene) -> Iterable[Move]:
    """Nothing is left to do there, for nobody."""
    yield Ended()


def holders_are_done(scene: Scene) -> Iterable[Move]:
    """One of the plan's own acted for all of them; who was named is still waited for."""
    if scene.by_holder:
        yield Ended(scene.holders, (COMMENT, REPLY, REOPENED, CHANGES, APPROVED))


def named_get_it(scene: Scene) -> Iterable[Move]:
    """Whom a comment names is asked something."""
    if scene.comment is not None:
        yield Gets([one.user_id for one in scene.comment.mentions], MENTION)


def newly_named_get_it(scene: Scene) -> Iterable[Move]:
    """Whom an edited comment names, and never named before."""
    told = newly_concerned(scene.event) if scene.comment and scene.comment.mentions else {}
    yield Gets([user_id for user_id, kind in told.items() if kind == NAMED], MENTION)


def other_side_gets_it(scene: Scene) -> Iterable[Move]:
    """A reader's word waits for the owner; the owner's for who opened the thread or wrote there."""
    if scene.by_holder:
        yield Gets(scene.parts["opener"] | scene.parts["writer"] - scene.holders, REPLY)
    else:
        yield Gets(scene.owner, COMMENT)
        yield Gets(scene.parts[EDITOR] & scene.parts["writer"], REPLY)


def opener_gets_answer(scene: Scene) -> Iterable[Move]:
    """An answer waits for who opened the thread: only people resolve."""
    asked = scene.event.data.get("status") == "question"
    yield Gets(scene.parts["opener"], QUESTION if asked else ANSWERED)


def reopened_gets_it(scene: Scene) -> Iterable[Move]:
    """What a reader opens again waits for the owner; what the owner does, for its opener."""
    yield Gets(scene.parts["opener"] if scene.by_holder else scene.owner, REOPENED)


def taken_back_is_over(scene: Scene) -> Iterable[Move]:
    """What a deleted comment asked for is over, unless others wrote what still waits."""
    query = select(Turn.user_id, Turn.reason, Event.data).join(Event, Event.id == Turn.event_id)
    here = query.where(Turn.plan_id == scene.plan.id, Turn.thread_id == scene.event.thread_id)
    for user_id, reason, data in db.session.execute(here):
        waits = reason != MENTION and scene.last[1] not in (0, user_id)
        if data.get("comment") == scene.event.data["comment"] and not waits:
            yield Ended({user_id})


def put_back_counts_again(scene: Scene) -> Iterable[Move]:
    """A comment that is put back asks what it asked, unless the talk went on without it."""
    if scene.last[0] == scene.event.data["comment"]:
        yield from named_get_it(scene)
        yield from other_side_gets_it(scene)


def asked_gets_it(scene: Scene) -> Iterable[Move]:
    """Who is asked for a review has something to read."""
    yield Gets(_named(scene.event.target), REVIEW)


def asked_is_done(scene: Scene) -> Iterable[Move]:
    """Nothing is asked of them any more."""
    yield Ended(_named(scene.event.target), (REVIEW, VERSION))


def reviewers_look_again(scene: Scene) -> Iterable[Move]:
    """Who was asked and has no word that counts, or whose word lapsed by this version."""
    lapsed = [seat for seat in scene.seats if seat.said == LAPSED]
    before = scene.version_before if lapsed else 0
    people = [seat.user.id for seat in lapsed if seat.asked or seat.word.until == before]
    people += [seat.user.id for seat in scene.seats if seat.said == WAITING]
    yield Gets(people, VERSION)


def purged_look_again(scene: Scene) -> Iterable[Move]:
    """Whose word was given on what is purged now."""
    number = scene.event.data["version"]
    words = [(seat.user.id, seat.word) for seat in scene.seats if seat.said == LAPSED]
    people = [who for who, word in words if not word.until and word.given_on == number]
    yield Gets(people, VERSION)


def owner_hears_word(scene: Scene) -> Iterable[Move]:
    """A word on the version waits for the owner; while one asks for changes, that is it."""
    yield Gets(scene.owner, CHANGES if scene.plan.verdict == CHANGES else APPROVED)


def no_word_is_over(scene: Scene) -> Iterable[Move]:
    """A word that was taken back asks the owner for nothing."""
    said = {seat.said for seat in scene.seats}
    stands = CHANGES if CHANGES in said else APPROVED if APPROVED in said else ""
    yield Ended(None, {CHANGES, APPROVED} - {stands})


def new_owner_takes_over(scene: Scene) -> Iterable[Move]:
    """What waited for the owner waits for the new one."""
    before = _named(scene.event.data.get("from", ""))
    for user_id in before:
        Turn.pass_on(scene.plan.id, user_id, scene.plan.owner_id, OWNERS)
    yield Gets({scene.plan.owner_id}, HANDED)


RULES: dict[str, tuple[Rule, ...]] = {
    "review.asked": (asked_gets_it,),
    "review.withdrawn": (asked_is_done,),
    "comment.added": (actor_is_done, holders_are_done, named_get_it, other_side_gets_it),
    "comment.edited": (newly_named_get_it,),
    "comment.deleted": (taken_back_is_over,),
    "comment.restored": (put_back_counts_again,),
    "thread.answered": (actor_is_done, holders_are_done, opener_gets_answer),
    "thread.resolved": (all_are_done,),
    "thread.reopened": (actor_is_done, reopened_gets_it),
    "version.pushed": (actor_is_done, holders_are_done, reviewers_look_again),
    "version.purged": (purged_look_again,),
    "sign_off.given": (actor_is_done, owner_hears_word),
    "sign_off.withdrawn": (no_word_is_over,),
    "plan.handed_over": (new_owner_takes_over,),
}


def turn(event: Event) -> None:
    """Let the turn pass as the table says, in the event's transaction."""
    plan = db.session.get(Plan, event.plan_id) if event.plan_id else None
    if plan is None:
        return
    scene = Scene(event, plan)
    moves = [move for rule in RULES.get(event.kind, ()) for move in rule(scene)]
    Turn.end(plan.id, event.thread_id or WHOLE, [one for one in moves if isinstance(one, Ended)])
    reasons: dict[int, str] = {}
    for move in (one for one in moves if isinstance(one, Gets)):
        for user_id in set(move.who) - scene.actor:
            reasons.setdefault(user_id, move.reason)
    Turn.give(plan, event, reasons)


def _named(email: str) -> set[int]:
    user = User.by_email(email) if email else None
    return {user.id} if user else set()
