"""Keeping: which words outlive a push, because what they cover is the same, and which a purge."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select, update

from planpush.content.agreement import Manifest, carried
from planpush.db import db
from planpush.models.plan import Plan
from planpush.models.sign_off import SignOff
from planpush.models.version import Version


def keep_words(
    plan: Plan, previous: int, before: Manifest, after: Manifest, renames: Mapping[str, str]
) -> None:
    """Let words on the `previous` version count for the newest, too, if what they cover is there.

    The others lapse, and so does what they made of the plan. A few statements, however many words.
    """
    here = SignOff.plan_id == plan.id, SignOff.version == previous
    stood = db.session.scalars(select(SignOff).where(*here, SignOff.withdrawn_at.is_(None))).all()
    kept = []
    for word in stood:
        sections = carried(word.sections, before, after, renames)
        if sections is not None:
            kept.append({"id": word.id, "version": plan.newest, "sections": sections})
        db.session.expire(word)
    if kept:
        db.session.execute(update(SignOff), kept)
        SignOff.settle(plan)


def fall_back(plan: Plan, gone: Collection[int]) -> None:
    """Let words on versions that are being purged lapse, without what they say: it may quote them.

    What was given before them and counts no further counts for the newest that is left.
    """
    words = db.session.scalars(select(SignOff).where(SignOff.plan_id == plan.id)).all()
    for word in words:
        if word.given_on in gone:
            word.note, word.version, word.sections = "", 0, []
        elif word.version in gone:
            counted = word.given_on <= plan.newest < word.version
            stands = counted and _is_same(plan, word)
            word.sections = word.sections if stands else []  # named as on a version that is gone
            if counted:
                word.version = plan.newest if stands else 0
    SignOff.settle(plan)


def _is_same(plan: Plan, word: SignOff) -> bool:
    """Tell whether what a word covers has the same name on the newest version that is left."""
    if not word.sections:
        return True
    there, here = (
        {row.anchor: row.sha256 for row in Version.of(plan, number).manifest()}
        for number in (word.version, plan.newest)
    )
    return all(here.get(anchor) == there[anchor] for anchor in word.sections)
