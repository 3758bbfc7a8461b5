"""Settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, g, redirect, render_template, request

from planpush.accounts.lockout import CONFIRMATION, refuse_lockout
from planpush.accounts.permissions import ROLE_NAMES
from planpush.database.session import outlives_refusal
from planpush.errors import Finding, NotFound, Problem
from planpush.events.event import Event
from planpush.pages.admin.blueprint import restricted
from planpush.setting_specs import PROVIDERS, SPECS, Spec
from planpush.settings.store import Setting, shown
from planpush.web.auth import config, current_user
from planpush.web.responses import on_invalid

GROUPS = {
    "people": "People and sign-in",
    "github": "GitHub",
    "okta": "Okta, or another OpenID Connect provider",
    "slack": "Slack",
    "sessions": "Sessions",
    "agents": "Agents",
    "retention": "How long things are kept",
}
UNITS = {"days": 24 * 3600, "hours": 3600, "minutes": 60, "seconds": 1}
_DURATIONS = ("session_idle", "session_max_age")
_WAYS = {"local": "Single-use links", "github": "GitHub", "okta": "Okta"}
_HELP = {
    "auth_providers": "None ticked: every way that is set up.",
    "agents_may_resolve": "Off: agents answer comments, and only people resolve and reopen them.",
    "initial_admin_emails": "Comma-separated. They count when the provider has verified them.",
    "default_role": "Without one, people whom no group brings a role are refused.",
    "github_url": "Another one only for GitHub Enterprise, like https://github.example.com",
    "github_api_url": "For Enterprise https://github.example.com/api/v3",
    "okta_issuer": "Exactly as the provider's metadata says it.",
    "slack_webhook_url": "Either this, or a bot token and a channel. With both the bot is used.",
    "slack_bot_token": "It begins with xoxb- and stands under OAuth & Permissions of the app.",
    "audit_days": "0 keeps it for ever. What happened on a plan is kept as long as the plan is, "
    "without addresses after these days.",
    "notice_days": "One that was read goes after 30 days at the latest.",
    "delivery_days": "What did not arrive can be sent again for 90 days at least.",
    "slack_channel": "For the bot: an id like C0123ABCD, or a name like #plans.",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One setting as a form shows it. `value` is what is in force, or what was typed."""

    name: str
    label: str
    kind: str
    value: str
    unit: str = ""
    chosen: Sequence[str] = ()
    choices: Mapping[str, str] | None = None
    help: str = ""
    error: str = ""
    fixed: str = ""  # the variable that decides it

    @property
    def described(self) -> str:
        """Return the ids of what explains it."""
        ids = [("help", self.help), ("err", self.error)]
        return " ".join(f"pp-{self.name}-{part}" for part, text in ids if text)


def fields(
    group: str, typed: Mapping[str, str] | None = None, errors: Sequence[Finding] = ()
) -> list[Field]:
    """Return the fields of a group; `typed` is the form that was refused."""
    wrong = {found.field: found.message for found in errors}
    return [
        _field(spec, typed, wrong.get(spec.name, ""))
        for spec in SPECS.values()
        if spec.group == group
    ]


def _field(spec: Spec, typed: Mapping[str, str] | None, error: str) -> Field:
    fixed = spec.variable if spec.name in config().fixed else ""
    kind, unit = _kind(spec), ""
    if typed is None or fixed or kind == "secret":  # a secret is not shown, not even when typed
        value = raw = shown(spec.name)
        if kind == "duration":
            value, unit = _largest(raw)
    else:
        value = raw = _raw(spec, typed)
        if kind == "duration":
            value, unit = _as_typed(spec, typed)
    if error and kind == "duration":
        error = f"{spec.label}: give a whole number, at least one minute in all."
    choices = {"ways": _WAYS, "role": _roles()}.get(kind)
    chosen = [part.strip() for part in raw.split(",")] if kind == "ways" else ()
    help_ = _HELP.get(spec.name, "")
    return Field(spec.name, spec.label, kind, value, unit, chosen, choices, help_, error, fixed)


def _kind(spec: Spec) -> str:
    if spec.secret:
        return "secret"
    if spec.name in _DURATIONS:
        return "duration"
    named = {"auth_providers": "ways", "default_role": "role"}.get(spec.name, "")
    return named or {bool: "switch", int: "number"}.get(type(spec.default), "text")


def _roles() -> dict[str, str]:
    others = {name: words for name, words in ROLE_NAMES.items() if name != "admin"}
    return {"": "None: refuse them"} | others


def _largest(seconds: str) -> tuple[str, str]:
    """Return a duration in the largest unit that leaves no rest."""
    total = int(seconds)
    unit = next(name for name, length in UNITS.items() if total % length == 0)
    return str(total // UNITS[unit]), unit


def _as_typed(spec: Spec, form: Mapping[str, str]) -> tuple[str, str]:
    unit = form.get(f"{spec.name}_unit", "seconds")
    return form.get(spec.name, ""), unit if unit in UNITS else "seconds"


def wanted(group: str, form: Mapping[str, str]) -> dict[str, str]:
    """Return what a form changes. An empty secret is kept; it goes only when asked to."""
    asked = {}
    for spec in SPECS.values():
        if spec.group != group or spec.name in config().fixed or not _sent(spec, form):
            continue
        raw = _raw(spec, form)
        if spec.secret:
            if raw or f"{spec.name}_remove" in form:
                asked[spec.name] = raw
        elif raw.strip() != shown(spec.name):
            asked[spec.name] = raw
    return asked


def _sent(spec: Spec, form: Mapping[str, str]) -> bool:
    """Tell whether a form holds a setting at all; boxes that are not ticked send nothing."""
    return any(f"{spec.name}{end}" in form for end in ("", "_there", "_remove"))


def _raw(spec: Spec, form: Mapping[str, str]) -> str:
    kind, name = _kind(spec), spec.name
    if kind == "ways" and name not in form:
        return ", ".join(way for way in PROVIDERS if f"{name}_{way}" in form)
    if kind == "switch":
        return form.get(name, "off")
    if kind == "duration":
        number, unit = _as_typed(spec, form)
        plain = number.isascii() and number.isdecimal() and len(number) < 12
        return str(int(number) * UNITS[unit]) if plain else number
    return form.get(name, "")


settings = restricted("settings", "settings.change")


@settings.get("/admin/settings")
def index() -> Response:
    """Answer every setting; of secrets, whether they are set."""
    return _page()


@settings.route("/admin/settings/<group>", methods=["POST", "PATCH"])
def update(group: str) -> Any:
    """Put a group's settings in force."""
    if group not in GROUPS:
        raise NotFound
    on_invalid(lambda problem: _page(group, problem))
    outlives_refusal(lambda: Event.record("setting.change_failed", by=current_user(), target=group))
    confirmed = request.form.get("confirm", "").strip().lower() == CONFIRMATION
    way = g.browser_session.provider
    with refuse_lockout(way, confirmed=confirmed):
        Setting.change(wanted(group, request.form), by=current_user())
    return redirect(f"/admin/settings?saved={group}#pp-group-{group}", 303)


def _page(refused: str = "", problem: Problem | None = None) -> Response:
    typed = request.form if problem else None
    forms = {
        group: fields(group, typed, problem.errors) if problem and group == refused
        else fields(group)
        for group in GROUPS
    }  # fmt: skip
    html = render_template(
        "admin/settings/index.html",
        user=current_user(),
        groups=GROUPS,
        forms=forms,
        units=UNITS,
        refused=refused,
        error=str(problem or ""),
        confirmation=CONFIRMATION,
        confirm=problem is not None and any(one.field == "confirm" for one in problem.errors),
        saved=request.args.get("saved", ""),
        way=g.browser_session.provider,
        providers=PROVIDERS,
    )
    return Response(html, status=problem.status if problem else 200, mimetype="text/html")
