"""What a fault showed: a row per goal, and whether it was met."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Table:
    """The goals of one fault."""

    title: str
    missed: int = 0
    rows: list[str] = field(default_factory=list)

    def goal(self, what: str, found: object, *, met: bool) -> None:
        """Add and print a row."""
        if not self.rows:
            print(f"\n{self.title}")
        self.missed += not met
        self.rows.append(f"  {'holds' if met else 'MISS '}  {what:<58} {found}")
        print(self.rows[-1], flush=True)

    def note(self, what: str, found: object) -> None:
        """Add and print a figure that has no goal."""
        if not self.rows:
            print(f"\n{self.title}")
        self.rows.append(f"         {what:<58} {found}")
        print(self.rows[-1], flush=True)
