"""A person confirms, rejects or moves a thread's place."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from planpush.accounts.user import User
from planpush.comments.placement import Placement, place_of
from planpush.comments.rejections import Rejection
from planpush.comments.thread import Origin, Thread
from planpush.database.session import db
from planpush.document.anchoring import reanchor
from planpush.document.anchoring import target as content
from planpush.document.anchoring.rejections import REJECTED, refuses
from planpush.document.anchoring.target import Place, locate
from planpush.errors import Conflict, Finding, Invalid
from planpush.plans.plan import Plan
from planpush.versions.placements import Carrying, Found, hop_of


class Deciding:
    """Somebody who looks at `thread` on version `number` and says where it belongs."""

    def __init__(self, thread: Thread, number: int, *, by: User, seen: str = "") -> None:
        self.thread, self.plan, self.number, self.by = thread, thread.plan, number, by
        self.here = Placement.of(thread, number)
        if seen and seen != self.here.value.fingerprint:
            message = "Its place has changed since this page showed it: look again."
            raise Conflict(message, code="place_changed")

    def confirm(self) -> None:
        """Say that it is right here. That holds on later versions while the words stay."""
        if self.here.state == "orphaned":
            raise _refused("It has no place on this version: there is nothing to confirm.")
        if self.here.confirmed:
            return
        self.here.confirmed = True
        if self.thread.rejections:
            self._forget(self.here.value, Carrying(self.plan, self.number))
        for placed, found, carrying in self._later():
            if found.confirmed:
                placed.move(found.placement, carrying.blocks, confirmed=True)
        self._record("placement.confirmed")

    def not_here(self) -> None:
        """Say that it is not here: it stands where it stood, and is never put back."""
        if self.here.reason == REJECTED:
            return
        carrying = Carrying(self.plan, self.number)
        found = self.here.value
        place = hop_of(found, self.number, carrying.blocks)
        if found.block is None or place is None:
            raise _refused("It is at no place of the document that could be wrong.")
        row = Rejection(version=self.number, selector=place.as_dict(), by_id=self.by.id)
        self.thread.rejections.append(row)
        self._unconfirm()
        rejected = carrying.rejected(self.thread)
        self.here.move(carrying.without(self.thread.origin, found, rejected), carrying.blocks)
        for placed, newer, there in self._later():
            if any(refuses(one, placed.value) for one in there.rejected(self.thread)):
                placed.move(newer.placement, there.blocks)
        self._record("placement.rejected")

    def reattach(self, place: Place) -> None:
        """Say where it is. The origin that it had stays on record. Raises `Invalid`."""
        carrying = Carrying(self.plan, self.number)
        found = locate(carrying.blocks, self.number, place)
        if found.kind == "document":
            raise _refused("Say where: select the words, or choose a section.", "anchor")
        if found == self.thread.origin and self.here.value == place_of(found):
            return
        row = Origin(version=self.number, selector=found.as_dict(), added_by_id=self.by.id)
        self.thread.origins.append(row)
        self.thread.kind = found.kind
        self._unconfirm()
        self._forget(place_of(found), carrying)
        self.here.move(place_of(found), carrying.blocks)
        for placed, newer, there in self._later():
            placed.move(newer.placement, there.blocks)
        self._record("placement.reattached")

    def _later(self) -> list[tuple[Placement, Found, Carrying]]:
        """Return where the thread sits on the newest version, and where it would now."""
        newest = self.plan.newest
        if newest == self.number:
            return []
        db.session.flush()
        carrying = Carrying(self.plan, newest, self.number)
        placed = Placement.of(self.thread, newest)
        return [(placed, found, carrying) for _, found in carrying.find([self.thread])]

    def _forget(self, chosen: reanchor.Placement, carrying: Carrying) -> None:
        """Take back earlier rejections of a place that is now chosen."""
        for row in list(self.thread.rejections):
            where = carrying.place(content.Origin.from_dict(row.selector))
            if refuses(where, chosen):
                self.thread.rejections.remove(row)
                db.session.delete(row)

    def _unconfirm(self) -> None:
        theirs = Placement.thread_id == self.thread.id
        db.session.execute(update(Placement).where(theirs).values(confirmed=False))

    def _record(self, kind: str) -> None:
        data: dict[str, Any] = {"version": self.number, "state": self.here.state}
        self.plan.record(kind, by=self.by, thread_id=self.thread.id, data=data)


def decide(
    plan: Plan, thread_id: int, decision: str, place: Place, *, on: int, by: User, seen: str = ""
) -> bool:
    """Take a `decision` on a thread as version `on` shows it; tell whether its section changed."""
    deciding = Deciding(Thread.find(plan, thread_id), on, by=by, seen=seen)
    before = deciding.here.section
    if decision == "confirm":
        deciding.confirm()
    elif decision == "not_here":
        deciding.not_here()
    elif decision == "reattach":
        deciding.reattach(place)
    else:
        raise _refused("Say confirm, not_here or reattach.")
    return deciding.here.section != before


def _refused(message: str, field: str = "decision") -> Invalid:
    return Invalid(message, [Finding(f"bad_{field}", message, field=field)], code="bad_decision")
