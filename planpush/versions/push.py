"""Push: the one transaction that makes a new version."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from planpush.accounts.user import User
from planpush.comments.answers import apply_answers, unanswered
from planpush.comments.placement import STATES, standing
from planpush.errors import Conflict, Finding, Forbidden, Invalid
from planpush.plans.plan import PRIVATE, Plan
from planpush.plans.section import Section
from planpush.plans.version import ADDED, CHANGED, SAME, Version, digest_of
from planpush.versions.new_sections import build_fresh, refuse_missing
from planpush.versions.outline import outline, summary
from planpush.versions.placements import abandoned, carry, keep_words
from planpush.versions.request import Fresh, Key, Push, SectionPush, manifest_of


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a push; `created` is False when the content was already the newest."""

    plan: Plan
    version: Version
    created: bool
    sections: dict[str, int] = field(default_factory=dict)
    threads: dict[str, int] = field(default_factory=dict)
    unanswered: list[int] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


def push_new(push: Push, *, by: User) -> Pushed:
    """Make a plan of `by` from a push."""
    if not by.may("plans.start"):
        raise Forbidden("You have no role here yet: ask an admin for one.", code="no_role")
    if not push.title:
        raise Invalid(
            "A new plan needs a title.", [Finding("required", "give a title", field="title")]
        )
    if push.base_version:
        message = "a new plan has no version to build on: leave base_version out"
        raise Invalid(message, [Finding("no_base", message, field="base_version")])
    plan = Plan.start(
        title=push.title, wish=push.wish, visibility=push.visibility or PRIVATE, by=by
    )
    return push_version(plan, push, by=by)


def prepare(push: Push, plan: Plan | None, *, by: User) -> Push:
    """Return `push` with its new sections built: the long work, which needs no lock.

    Raises what the push itself would raise, as far as it can be told by now.
    """
    only_pushers(plan, by)
    previous, before = _newest(plan)
    wanted = manifest_of(push, before)
    if wanted == _keys(before):
        return replace(push, fresh=Fresh({}))
    _check_base(plan, previous, push)
    known = Section.known(plan.id, wanted) if plan else {}
    return replace(push, fresh=build_fresh(push, wanted, known))


def push_version(plan: Plan, push: Push, *, by: User) -> Pushed:
    """Make the next version of `plan`, all of it or nothing; the same content makes none."""
    push = push if push.fresh else prepare(push, plan, by=by)
    only_pushers(plan, by)
    _settle(plan, push, by)
    previous, before = _newest(plan)
    wanted = manifest_of(push, before)
    counts = _count(push, wanted, before)
    if previous and wanted == _keys(before):
        apply_answers(plan, previous, push.answers, by)
        standing_now = standing(plan, previous.number)
        return Pushed(plan, previous, False, counts, standing_now, unanswered(plan))
    _check_base(plan, previous, push)
    version = _record(plan, push, wanted, _sections(plan, push, wanted, by), before, by)
    renames = {item.was: item.anchor for item in push.sections if item.was}
    if previous:
        keep_words(plan, previous.number, _keys(before), wanted, renames)
    gone = abandoned(plan, previous, [*dict(wanted), *renames]) if previous else []
    version.carried = dict(carry(plan, version, previous, renames))
    apply_answers(plan, version, push.answers, by)
    warnings = [*gone, *(push.fresh.warnings if push.fresh else ())]
    return Pushed(plan, version, True, counts, version.carried, unanswered(plan), warnings)


def only_pushers(plan: Plan | None, by: User) -> None:
    """Raise `Forbidden` unless `by` may push to a plan; anybody may to none."""
    if plan is not None and not plan.pushable_by(by):
        raise Forbidden("Only this plan's owner and its editors may push to it.")


def _newest(plan: Plan | None) -> tuple[Version | None, dict[str, Any]]:
    previous = Version.of(plan) if plan and plan.newest else None
    return previous, {row.anchor: row for row in previous.manifest()} if previous else {}


def _keys(manifest: dict[str, Any]) -> list[Key]:
    return [(row.anchor, row.sha256) for row in manifest.values()]


def _check_base(plan: Plan | None, previous: Version | None, push: Push) -> None:
    if plan and previous and push.base_version != previous.number:
        raise _stale(plan, previous, push)


def _sections(plan: Plan, push: Push, wanted: list[Key], by: User) -> list[Section]:
    """Return the stored sections in order; the fresh ones that are still missing are kept."""
    known = Section.known(plan.id, wanted)
    fresh = push.fresh or Fresh({})
    made = {key: fresh.sections[key] for key in wanted if key in fresh.sections.keys() - known}
    refuse_missing([key[0] for key in wanted if key not in known and key not in made])
    if made:
        Section.keep(plan.id, made.values())
        known = Section.known(plan.id, wanted)
    if fresh.secrets:
        plan.record("secret.allowed", by=by, data={"kinds": list(fresh.secrets)})
    return [known[key] for key in wanted]


def _settle(plan: Plan, push: Push, by: User) -> None:
    """Apply title and visibility: they hold even when the content is the same."""
    if push.title and push.title != plan.title:
        plan.record("plan.renamed", by=by, data={"from": plan.title})
        plan.title = push.title
    if push.visibility and push.visibility != plan.visibility:
        if push.visibility == PRIVATE:
            plan.unpublish(by=by)
        else:
            plan.publish(by=by)


def _record(
    plan: Plan,
    push: Push,
    wanted: list[Key],
    sections: list[Section],
    before: dict[str, Any],
    by: User,
) -> Version:
    kept = dict(wanted)
    version = Version.add(
        plan,
        by=by,
        message=push.message,
        direction=push.direction,
        agent=push.agent,
        session=push.session,
        digest=digest_of(wanted),
        removed=[anchor for anchor in before if anchor not in kept],
        carried=dict.fromkeys(STATES, 0),
    )
    states = [_state(item, key, before) for item, key in zip(push.sections, wanted, strict=True)]
    version.hold(sections, states)
    plan.record("version.pushed", by=by, data={"version": version.number})
    return version


def _state(item: SectionPush, key: tuple[str, str], before: dict[str, Any]) -> str:
    old = before.get(item.anchor) or before.get(item.was or "")
    if old is None:
        return ADDED
    return SAME if old.sha256 == key[1] else CHANGED


def _count(push: Push, wanted: list[Key], before: dict[str, Any]) -> dict[str, int]:
    states = Counter(
        _state(item, key, before) for item, key in zip(push.sections, wanted, strict=True)
    )
    kept = {item.anchor for item in push.sections} | {item.was for item in push.sections}
    return {
        "sent": sum(item.html is not None for item in push.sections),
        "unchanged": states[SAME],
        "added": states[ADDED],
        "changed": states[CHANGED],
        "removed": sum(anchor not in kept for anchor in before),
    }


def _stale(plan: Plan, newest: Version, push: Push) -> Conflict:
    base, number = push.base_version, newest.number
    if base is None:
        reason = f"Say which version you built on: the newest is base_version {number}."
    elif number < base <= plan.last_number:
        reason = (
            f"An admin purged version {base}, which you built on. Read version {number}, take out "
            f"what had to go, and push with base_version {number}."
        )
    elif base > number:
        reason = f"There is no version {base} yet; the newest is {number}."
    else:
        reason = (
            f"{newest.pushed_by.name} pushed version {number} meanwhile. "
            f"Read it, merge your sections into it, and push with base_version {number}."
        )
    since = [summary(version) for version in Version.history(plan, since=base or 0, limit=100)]
    return Conflict(
        reason,
        extra={"current": summary(newest), "since": since, "outline": outline(plan, newest)},
        code="stale_base",
    )
