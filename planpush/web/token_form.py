"""The form that asks for a personal token, parsed at the door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import request

from planpush.content.blocks import has_controls
from planpush.content.problem import Finding, Invalid
from planpush.db import now
from planpush.models.token import SCOPES

LONGEST_NAME = 100
CHOICES = (30, 90, 365)  # days
LONGEST = 365


@dataclass(frozen=True, slots=True)
class TokenForm:
    """What was typed; `until` is in force only where `expires` is "date"."""

    name: str = ""
    scopes: tuple[str, ...] = ()
    expires: str = "90"
    until: str = ""

    @classmethod
    def read(cls) -> TokenForm:
        """Return this request's form as it was typed."""
        form = request.form
        return cls(
            name=form.get("name", "").strip(),
            scopes=tuple(dict.fromkeys(form.getlist("scope"))),
            expires=form.get("expires", "90"),
            until=form.get("until", ""),
        )

    def check(self) -> datetime:
        """Return when the token is to end. Raises `Invalid` that names each wrong field."""
        findings = [*self._findings()]
        ends = self._ends()
        if ends is None:
            message = f"Choose a day from tomorrow on, at most {LONGEST} days from now."
            findings.append(Finding("malformed", message, field="until"))
        if findings or ends is None:
            raise Invalid("Correct what is named below.", findings)
        return ends

    def _findings(self) -> Iterator[Finding]:
        seen = any(mark.isprintable() and not mark.isspace() for mark in self.name)
        if not seen or len(self.name) > LONGEST_NAME or has_controls(self.name, keep=""):
            message = f"Give it a name of 1 to {LONGEST_NAME} characters, on one line."
            yield Finding("malformed", message, field="name")
        if not self.scopes or not set(self.scopes) <= set(SCOPES):
            yield Finding("malformed", "Choose what it may do.", field="scope")

    def _ends(self) -> datetime | None:
        if self.expires in map(str, CHOICES):
            return now() + timedelta(days=int(self.expires))
        try:
            day = date.fromisoformat(self.until if self.expires == "date" else "")
        except ValueError:
            return None
        today = now().date()
        if not today < day <= today + timedelta(days=LONGEST):
            return None
        return datetime.combine(day, time.max, tzinfo=UTC)  # through the day that was chosen
