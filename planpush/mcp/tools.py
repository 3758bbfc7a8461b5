"""The tools and their descriptions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import g

from planpush.accounts.user import User
from planpush.api.answers import answered
from planpush.api.comments import replied
from planpush.api.gates import gate_of
from planpush.api.plans import listed
from planpush.api.pushes import pushed
from planpush.api.request_bodies import AnswerBody, PushBody
from planpush.api.threads import threads_of
from planpush.api.waits import feedback
from planpush.mcp.documents import put_section, read_plan
from planpush.mcp.inputs import (  # fmt: skip
    AnswerInput,
    GateInput,
    PlanInput,
    PlansInput,
    ReplyInput,
    SectionInput,
    ThreadsInput,
    WaitInput,
    schema_of,
)
from planpush.web.auth import begin_writing
from planpush.web.parsing import Body
from planpush.web.rate_limits import limited

READ, WRITE, SAY = "plans:read", "plans:write", "comments:write"


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: its words, the scope it needs, what it takes, and what does it."""

    name: str
    title: str
    about: str
    scope: str
    input: type[Body]
    call: Callable[[User, Any], dict[str, Any]]

    @property
    def described(self) -> dict[str, Any]:
        """Return the tool as clients list it."""
        reads = self.scope == READ
        return {
            "name": self.name,
            "title": self.title,
            "description": self.about,
            "inputSchema": schema_of(self.input),
            "annotations": {
                "title": self.title,
                "readOnlyHint": reads,
                "destructiveHint": False,
                "idempotentHint": reads,
                "openWorldHint": False,
            },
        }


def wrapped(found: dict[str, Any]) -> dict[str, Any]:
    """Return threads whose comments say that others wrote them, each for itself."""
    threads = [found] if "comments" in found and "placement" in found else found.get("threads", ())
    for thread in threads if isinstance(threads, list) else ():
        thread["comments"] = [{"untrusted": True} | comment for comment in thread["comments"]]
    return found


def _plans(user: User, given: PlansInput) -> dict[str, Any]:
    return listed(user, given.q, given.cursor)


def _plan(user: User, given: PlanInput) -> dict[str, Any]:
    return read_plan(user, given)


def _threads(user: User, given: ThreadsInput) -> dict[str, Any]:
    return wrapped(threads_of(user, given.plan, given.state, given.since))


@limited("comment", limit=300, seconds=60, apart=True)
def _reply(user: User, given: ReplyInput) -> dict[str, Any]:
    begin_writing()
    return replied(user, int(given.thread), given.body)


@limited("comment", limit=300, seconds=60, apart=True)
def _answer(user: User, given: AnswerInput) -> dict[str, Any]:
    begin_writing()
    body = AnswerBody(status=given.status, note=given.note)
    return wrapped(answered(user, int(given.thread), body))


@limited("push", limit=240, seconds=60, apart=True)
def _section(user: User, given: SectionInput) -> dict[str, Any]:
    return put_section(user, given)


@limited("push", limit=240, seconds=60, apart=True)
def _push(user: User, given: PushBody) -> dict[str, Any]:
    return pushed(user, given)[0]


def _gate(user: User, given: GateInput) -> dict[str, Any]:
    return gate_of(user, given.plan, given.version, given.digest)


def _wait(user: User, given: WaitInput) -> dict[str, Any]:
    since = given.since or threads_of(user, given.plan)["cursor"]
    found = feedback(user, given.plan, since, given.timeout)
    if found is not None:
        return wrapped({"feedback": True} | found)
    told: dict[str, Any] = {"feedback": False, "threads": [], "cursor": since}
    return told | ({"retry_after": g.retry_after} if "retry_after" in g else {})


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("plans_list", "List plans", "The plans you may see, the newest first.",
             READ, PlansInput, _plans),
        Tool("plan_get", "Read a plan", "A plan with its versions and its sections: anchor, title, "
             "hash, open threads. Name anchors in html to get those sections' text.",
             READ, PlanInput, _plan),
        Tool("threads_list", "Read comments", "The comment threads of a plan in document order: "
             "who said what, on which words, and what stands there now.",
             READ, ThreadsInput, _threads),
        Tool("thread_reply", "Reply to a comment", "Say something in a thread.",
             SAY, ReplyInput, _reply),
        Tool("thread_answer", "Answer a comment", "Say what you did about a thread: applied, "
             "partial, declined, or a question back. The server checks applied against the text.",
             SAY, AnswerInput, _answer),
        Tool("section_put", "Put one section", "Add or replace one section; every other one stays. "
             "Makes a new version.", WRITE, SectionInput, _section),
        Tool("push", "Push a document", "A new plan (plan left out, title needed) or a new version "
             "of one. Sections in order; one without html is taken over from before by its anchor "
             "or sha256.", WRITE, PushBody, _push),
        Tool("gate", "Ask whether to build", "Whether a plan is clear to build, and if not, why.",
             READ, GateInput, _gate),
        Tool("wait_for_feedback", "Wait for comments", "Returns once people said something about a "
             "plan, or after the timeout: then call it again with the cursor.",
             READ, WaitInput, _wait),
    )
}  # fmt: skip
