"""The planpush helper: drafts sections of a design document and pushes them to the team's server.

Standard library only, Python 3.8 or newer; talks to the server over HTTP and nothing else.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, Callable

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # also under PYTHONSAFEPATH

import editing
import pushing
import reading
from client import VERSION
from stop import FIX, UNREACHABLE, Stop

Verb = Callable[[argparse.Namespace], int]
Verbs = Any  # what add_subparsers gives, which has no public name


def main() -> int:
    """Run one verb and return its exit code: 0 done, 1 needs a fix, 2 no server, 3 conflict."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    arguments = parser().parse_args()
    try:
        return int(arguments.verb(arguments))
    except Stop as stop:
        sys.stdout.flush()
        print("\n".join(stop.lines), file=sys.stderr)
        return stop.code
    except OSError as error:
        print(f"this machine refused: {error}", file=sys.stderr)
        print("fix: make the folder ~/.planpush writable for you", file=sys.stderr)
        return FIX
    except KeyboardInterrupt:
        return UNREACHABLE


def version(_arguments: argparse.Namespace) -> int:
    """Print the helper's version and the Python that runs it."""
    print(f"planpush helper {VERSION}, Python {sys.version.split()[0]}")
    return 0


class Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are exit code 1: the request needs a fix."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Say what is wrong and what the verb takes."""
        self.exit(FIX, f"{message}\nfix: {self.format_usage().strip()}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of every verb."""
    top = Parser(prog="planpush", description=__doc__)
    verbs = top.add_subparsers(metavar="VERB", required=True, parser_class=Parser)
    add_editing(verbs)
    add_pushing(verbs)
    add(verbs, "status", reading.status, "server, sign-in, plan, drafts, open threads")
    listing = add(verbs, "plans", reading.plans, "plans you may see, newest first")
    listing.add_argument("words", nargs="*", help="search words, as on the dashboard")
    threads = add(verbs, "threads", reading.threads, "open comments on the plan")
    threads.add_argument("--json", action="store_true", help="as data")
    add(verbs, "version", version, "version of this helper")
    return top


def add(verbs: Verbs, name: str, run: Verb, text: str) -> Parser:
    """Add one verb and return its parser."""
    verb: Parser = verbs.add_parser(name, help=text, description=text, allow_abbrev=False)
    verb.set_defaults(verb=run)
    return verb


def add_editing(verbs: Verbs) -> None:
    """Add the verbs that change or show the drafts."""
    put = add(verbs, "put", editing.put, "store one section from standard input and lint it")
    put.add_argument("anchor", help="kebab-case topic words")
    put.add_argument("--append", action="store_true", help="the next part of a long section")
    put.add_argument("--was", metavar="OLD", help="the section's former anchor: a rename")
    add(verbs, "rm", editing.rm, "take one section out").add_argument("anchor")
    order = add(verbs, "order", editing.order, "put these sections first, in this order")
    order.add_argument("anchors", nargs="+", metavar="anchor")
    add(verbs, "outline", editing.outline, "sections in order, with open comments")
    lint = add(verbs, "lint", editing.lint, "check every draft")
    lint.add_argument("--allow-warnings", action="store_true", help="fail on errors only")


def add_pushing(verbs: Verbs) -> None:
    """Add the verbs that move the document between here and the server."""
    push = add(verbs, "push", pushing.push, "send what changed; a new plan needs --title")
    for option in ("title", "slug", "plan", "message", "direction"):
        push.add_argument("--" + option)
    for switch in ("publish", "allow-secrets", "allow-warnings"):
        push.add_argument("--" + switch, action="store_true")
    use = add(verbs, "use", pushing.use, "go on with a plan; your unpushed edits of it are kept")
    use.add_argument("slug", nargs="?", help="the plan's address after /p/")
    use.add_argument("--new", action="store_true", help="start a new plan with no drafts")
    use.add_argument("--discard", action="store_true", help="drop edits that were not pushed")


if __name__ == "__main__":
    sys.exit(main())
