"""Threads on the nodes and edges of a drawing live through a new drawing."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest

from planpush.comments.placement import Placement
from planpush.database.session import commit
from planpush.document.anchoring.target import Place
from planpush.document.diagrams import renderer
from planpush.errors import InvalidDocument
from planpush.plans.version import Version
from tests.people import person

pytestmark = pytest.mark.skipif(not renderer.is_installed(), reason="the extra diagrams is missing")

FLOW = "flowchart LR\n  web[Web app] -->|JWT| gate{Gateway}\n  gate --> store[(Store)]"
CHANGED = {
    "a node added before": FLOW.replace("\n", "\n  cdn[Edge] --> web\n", 1),
    "turned": FLOW.replace("LR", "TB"),
    "the lines in another order": "flowchart LR\n  gate --> store[(Store)]\n"
    "  web[Web app] -->|JWT| gate{Gateway}",
    "a class on it": FLOW + "\n  classDef new fill:#eef\n  class gate new",
}


def section(text: str) -> str:
    """A section with one diagram."""
    pre = f'<pre class="pp-diagram" data-kind="mermaid">{escape(text)}</pre>'
    return f"<section><h2>Way in</h2><p>How a request comes in.</p>{pre}</section>"


def block_of(plan: Any, label: str, version: int = 1) -> int:
    """The key of the one block with a label."""
    blocks = Version.of(plan, version).blocks("way")
    (found,) = [block.key for block in blocks if block.text == label]
    return found


@pytest.fixture
def opened(database: Any, pushed: Any) -> Any:
    """Push FLOW and open a thread on one of its parts."""

    def open_thread(label: str) -> Any:
        plan = pushed({"way": section(FLOW)}).plan
        place = Place(anchor="way", block=block_of(plan, label))
        thread = plan.open_thread(place, "Hm.", by=person("bob"), on=1)
        commit()
        database.refresh(plan)
        return plan, thread

    return open_thread


@pytest.mark.long
@pytest.mark.parametrize("change", CHANGED)
@pytest.mark.parametrize("label", ["Gateway", "Web app → Gateway: JWT", "Gateway → Store"])
def test_a_thread_on_a_part_stays_exact_where_the_rest_changes(
    pushed: Any, opened: Any, label: str, change: str
) -> None:
    plan, thread = opened(label)
    pushed({"way": section(CHANGED[change])}, plan)
    placed = Placement.on(plan, 2)[thread.id]
    assert (placed.state, placed.section) == ("exact", "way")
    assert placed.block == block_of(plan, label, 2)


def test_a_node_with_another_label_is_still_that_node(pushed: Any, opened: Any) -> None:
    plan, thread = opened("Gateway")
    pushed({"way": section(FLOW.replace("{Gateway}", "{Front door}"))}, plan)
    placed = Placement.on(plan, 2)[thread.id]
    assert placed.block == block_of(plan, "Front door", 2)
    assert (placed.state, placed.words) == ("edited", "Front door")


def test_another_diagram_before_it_takes_no_thread(pushed: Any, opened: Any) -> None:
    plan, thread = opened("Web app → Gateway: JWT")
    before = "flowchart LR\n  web[Kernel] -->|boots| gate{Disk}"
    pushed({"way": section(before) + section(FLOW)}, plan)
    placed = Placement.on(plan, 2)[thread.id]
    assert placed.state == "moved"
    assert placed.block == block_of(plan, "Web app → Gateway: JWT", 2)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("flowchart LR\n  a -->", "diagram_syntax", 2),
        ("pancake LR\n  a --> b", "diagram_kind", 1),
        ("flowchart LR\n" + "a --> b\n" * 1_000, "diagram_too_large", 1),
    ],
)
def test_a_push_with_a_bad_diagram_is_refused_with_the_line(
    pushed: Any, text: str, code: str, line: int
) -> None:
    with pytest.raises(InvalidDocument) as refusal:
        pushed({"way": f'<h2>Way</h2>\n<pre class="pp-diagram" data-kind="mermaid">{text}</pre>'})
    (error,) = refusal.value.errors
    assert (error.code, error.line, error.field) == (code, line + 1, "sections[0].html")
    assert error.fix
