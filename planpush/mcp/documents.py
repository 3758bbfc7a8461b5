"""Reads a plan and replaces single sections."""

from __future__ import annotations

import re
from typing import Any

from planpush.accounts.user import User
from planpush.api.plans import described
from planpush.api.pushes import pushed
from planpush.api.request_bodies import PushBody
from planpush.errors import Finding, Invalid, NotFound
from planpush.mcp.inputs import PlanInput, SectionInput
from planpush.plans.plan import Plan
from planpush.plans.section import expand
from planpush.plans.version import Version
from planpush.versions.outline import outline
from planpush.web.parsing import parse_values

MOST_VERSIONS = 20  # of a history: a model reads it all
_TAG, _KEY = re.compile(r"<[a-z][^<>]*>"), re.compile(r' data-block="[0-9]+"')


def read_plan(user: User, given: PlanInput) -> dict[str, Any]:
    """Return a plan, its versions, and one version's sections; those asked for with their HTML."""
    plan = Plan.find(given.plan, user)
    version = Version.of(plan, given.version)
    sections = outline(plan, version)
    absent = sorted(set(given.html) - {section["anchor"] for section in sections})
    if absent:
        message = f"version {version.number} has no section {absent[0]}"
        raise NotFound(message, [Finding("not_found", message, field="html")])
    texts = {row.anchor: row.html for row in version.pieces()} if given.html else {}
    for section in sections:
        if section["anchor"] in given.html:
            section["html"] = _as_written(expand(texts[section["anchor"]]).decode())
    shown = {"version": version.number, "digest": version.digest, "sections": sections}
    told = described(user, given.plan)
    return told | {"versions": told["versions"][:MOST_VERSIONS], "shown": shown}


def _as_written(html: str) -> str:
    """Return a section without the keys that the server put on its blocks."""
    return _TAG.sub(lambda tag: _KEY.sub("", tag[0]), html)


def put_section(user: User, given: SectionInput) -> dict[str, Any]:
    """Push one section onto the newest version, all others as they are.

    Who read an older version is told of a conflict only if this very section changed since.
    """
    plan = Plan.find(given.plan, user)
    newest = Version.of(plan)
    held = {row.anchor: row.sha256 for row in newest.manifest()}
    base, place = given.base_version, given.was or given.anchor
    if base != newest.number:
        seen = {row.anchor: row.sha256 for row in Version.of(plan, base).manifest()}
        base = newest.number if seen.get(place) == held.get(place) else base
    body = {
        "plan": given.plan,
        "base_version": base,
        "sections": _with(held, given, place),
        "source": {"agent": "mcp"},
    }
    more = given.model_dump(include={"message", "direction", "responses", "allow_secrets"})
    return pushed(user, parse_values(PushBody, body | more))[0]


def _with(held: dict[str, str], given: SectionInput, place: str) -> list[dict[str, Any]]:
    """Return the sections in order, with the one that was given at its place."""
    for name in ("was", "after"):
        told = getattr(given, name)
        if told is not None and told not in held:
            message = f"there is no section {told}"
            raise NotFound(message, [Finding("not_found", message, field=name)])
    if given.anchor in held and given.anchor != place:
        message = f"there is a section {given.anchor} already"
        raise Invalid(message, [Finding("taken", message, field="anchor")])
    new = given.model_dump(include={"anchor", "html", "was"})
    kept = [
        new if anchor == place else {"anchor": anchor, "sha256": sha256}
        for anchor, sha256 in held.items()
    ]
    if place in held:
        return kept
    at = list(held).index(given.after) + 1 if given.after else len(kept)
    return [*kept[:at], new, *kept[at:]]
