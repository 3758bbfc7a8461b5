"""Readers: people by what they may see, so that a statement is made once for all of them.

To make a statement anew takes longer than to run it on an index, and so does it to make objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, Integer, Select, bindparam

from planpush.db import db
from planpush.models.user import User


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever may see this much of the plans; their id is the parameter `me`."""

    sees_everything: bool
    sees_published: bool

    @classmethod
    def like(cls, user: User) -> Reader:
        """Return the reader whose statements are a person's, too."""
        return cls(user.sees_everything, user.may("plans.see_published"))

    @property
    def id(self) -> Any:
        """Return the parameter."""
        return bindparam("me", type_=Integer)

    def may(self, permission: str) -> bool:
        """Tell whether they have the right to see published plans; no other is asked for."""
        if permission != "plans.see_published":
            raise ValueError(permission)
        return self.sees_published


def rows(query: Select[Any], told: Mapping[str, Any]) -> CursorResult[Any]:
    """Return rows of columns as the database gives them: a third less work than by the session."""
    db.session.flush()
    return db.session.connection().execute(query, told)
