"""The planpush helper: drafts sections of a design document and pushes them to the team's server.

Standard library only, Python 3.8 or newer; talks to the server over HTTP and nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import sys
from typing import Any, Callable

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # also under PYTHONSAFEPATH

import answering
import editing
import following
import pulling
import pushing
import reading
import signing
from stop import FIX, UNREACHABLE, Stop
from transport import VERSION

ANSWER = (
    "While edits wait to be pushed, the answer is kept and travels with the next push; with nothing"
    " to push it is sent at once: edit, answer, push and edit, push, answer both work. The server"
    " compares: applied with the same text is flagged. Answered is not resolved: people resolve."
)
LOGIN = (
    "It prints an address and a code and returns at once: show both to the user, then run it again"
    " with --wait. The server is SERVER, else PLANPUSH_SERVER, else the one used before."
)
FULL = "make room on the disk that holds ~/.planpush; what was stored there before is as it was"
LOCKED = "make the folder ~/.planpush writable for you"
PUSH_WORDS = {
    "title": "what the plan is about; later pushes keep it",
    "slug": "the name wished for in a new plan's address",
    "plan": "push to this plan, as after `use`",
    "message": "what changed, for the history",
    "direction": "what the user asked to work on, for the history",
}
PUSH_SWITCHES = {
    "publish": "everybody who can sign in may see the plan",
    "allow-secrets": "push what looks like a key all the same; it is recorded",
    "allow-warnings": "push although the lint warns",
}
Verb = Callable[[argparse.Namespace], int]
Verbs = Any  # what add_subparsers gives, which has no public name


def main() -> int:
    """Run one verb and return its exit code: 0 done, 1 needs a fix, 2 no server, 3 conflict."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    arguments, left = parser().parse_known_args()
    if left:  # the verb's own parser says what it takes; the one of all verbs would not
        arguments.taker.error("unrecognized arguments: " + " ".join(left))
    try:
        code = int(arguments.verb(arguments))
        sys.stdout.flush()
        return code
    except Stop as stop:
        sys.stdout.flush()
        print("\n".join(stop.lines), file=sys.stderr)
        return stop.code
    except OSError as error:
        drain()
        print(f"this machine refused: {error}", file=sys.stderr)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        print("fix: " + (FULL if full else LOCKED), file=sys.stderr)
        return FIX
    except KeyboardInterrupt:
        return UNREACHABLE


def drain() -> None:
    """Write out what was printed; where that is refused, say nothing of it a second time."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
    add_talking(verbs)
    add_signing(verbs)
    add(verbs, "version", version, "version of this helper")
    return top


def add(verbs: Verbs, name: str, run: Verb, text: str, more: str = "") -> Parser:
    """Add one verb and return its parser."""
    told = f"{text}. {more}" if more else text
    verb: Parser = verbs.add_parser(name, help=text, description=told, allow_abbrev=False)
    verb.set_defaults(verb=run, taker=verb)
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
    for option, text in PUSH_WORDS.items():
        push.add_argument("--" + option, help=text)
    for switch, text in PUSH_SWITCHES.items():
        push.add_argument("--" + switch, action="store_true", help=text)
    show = add(verbs, "show", pulling.show, "the text of a section, a draft or the server's")
    show.add_argument("anchor")
    show.add_argument("--from", dest="start", type=int, default=0, metavar="N", help="go on there")
    pull = add(verbs, "pull", pulling.pull, "take the newest version in; your edits are kept")
    pull.add_argument("anchors", nargs="*", metavar="anchor", help="show only these clashes")
    use = add(verbs, "use", pulling.use, "go on with a plan; your unpushed edits of it are kept")
    use.add_argument("slug", nargs="?", help="the plan's address after /p/")
    use.add_argument("--new", action="store_true", help="start a new plan with no drafts")
    use.add_argument("--discard", action="store_true", help="drop edits that were not pushed")


def add_talking(verbs: Verbs) -> None:
    """Add the verbs about what people said."""
    threads = add(verbs, "threads", reading.threads, "comments on the plan, the open ones first")
    threads.add_argument("--json", action="store_true", help="as data")
    threads.add_argument("--state", choices=("open", "resolved", "all"), default="open")
    reply = add(verbs, "reply", answering.reply, "add a comment to a thread")
    reply.add_argument("thread")
    reply.add_argument("--text", help="its words; else they are read from standard input")
    answer = add(verbs, "answer", answering.answer, "say what was done about a thread", ANSWER)
    answer.add_argument("thread")
    answer.add_argument("status", nargs="?", choices=answering.STATUSES)
    answer.add_argument("--note", default="", help="for the reviewers; - reads it from stdin")
    when = answer.add_mutually_exclusive_group()
    when.add_argument("--later", action="store_true", help="keep it for the next push in any case")
    when.add_argument("--now", action="store_true", help="send it in any case")
    when.add_argument("--drop", action="store_true", help="forget a kept one")
    wait = add(verbs, "wait", following.wait, "wait for new feedback and print it")
    wait.add_argument("--timeout", type=seconds, default=100.0, metavar="S", help="at most 100")


def add_signing(verbs: Verbs) -> None:
    """Add the verbs of signing in and out."""
    login = add(verbs, "login", signing.login, "sign in: a person allows it in a browser", LOGIN)
    login.add_argument("server", nargs="?", default="", help="the server's address, https://…")
    login.add_argument("--wait", action="store_true", help="wait until it was allowed")
    login.add_argument("--timeout", type=seconds, default=100.0, metavar="S", help="at most 100")
    add(verbs, "logout", signing.logout, "end the sign-in here and on the server")


def seconds(text: str) -> float:
    """Return a number of seconds that can be waited."""
    if not 0 <= float(text) <= 10_000:
        raise ValueError
    return float(text)


if __name__ == "__main__":
    sys.exit(main())
