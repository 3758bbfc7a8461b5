"""Flows are drawn truthfully: at every width each arrow runs from its box to its box."""

from __future__ import annotations

import re
from typing import Any

import pytest

from planpush.document import vocabulary
from planpush.document.sanitizer.sanitizer import clean
from planpush.paths import STATIC
from planpush.web.assets import STYLES
from tests.golden.good import good
from tests.golden.test_samples import SHOWN, versions

ROW = '<ol class="pp-flow" aria-label="Row">' + "".join(
    f'<li class="pp-node c{n} r1"><b>Box {n}</b> does it</li>'
    f'<li class="pp-edge e{n} r1"><span>step {n}</span></li>'
    for n in range(1, 6)
)
FLOWS = {
    "example": next(part.example for part in vocabulary.COMPONENTS if part.name == "flow"),
    "landing page": good()["landing-page"],
    "sample": versions(SHOWN)[-1]["authentication-flow"],
    "six in a row": f'{ROW}<li class="pp-node c6 r1"><b>Box 6</b></li></ol>',
}
WIDTHS = (390, 700, 1000, 1600)
READ = """() => [...document.querySelectorAll('.pp-flow > *')].map(box => {
  const {left, right, top, bottom} = box.getBoundingClientRect();
  return {words: [...box.classList], left, right, top, bottom};
})"""
Box = dict[str, Any]


def place(box: Box) -> tuple[str, int, int]:
    """Where a thing says that it stands: c or e, column, row."""
    words = " ".join(box["words"])
    column, row = re.search(r"\b([ce])(\d)\b", words), re.search(r"\br(\d)\b", words)
    assert column and row
    return column[1], int(column[2]), int(row[1])


def ends(arrow: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    """The places of the two boxes that an arrow joins: above or before, below or behind."""
    kind, column, row = place(arrow)
    if "pp-elbow" in arrow["words"]:
        assert "dr" in arrow["words"]
        return (column, row - 1), (column + 1, row + 1)
    if kind == "e":
        return (column, row), (column + 1, row)
    return (column, row - 1), (column, row + 1)


def gaps(arrow: Box, one: Box, other: Box, stacked: bool) -> list[float]:
    """How far an arrow's ends are from its boxes."""
    if "pp-elbow" in arrow["words"]:
        return [arrow["top"] - one["bottom"], arrow["left"] - one["left"],
                arrow["right"] - other["left"], arrow["bottom"] - other["bottom"]]  # fmt: skip
    start, end = ("left", "right") if place(arrow)[0] == "e" and not stacked else ("top", "bottom")
    return [arrow[start] - one[end], arrow[end] - other[start]]


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", FLOWS)
def test_an_arrow_runs_from_its_box_to_its_box(chromium: Any, name: str, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 800})
    styles = "".join(f"<style>{(STATIC / f'css/{one}.css').read_text()}</style>" for one in STYLES)
    page.set_content(
        f'<!DOCTYPE html>{styles}<article class="pp-doc">{clean(FLOWS[name])}</article>'
    )
    drawn = page.evaluate(READ)
    sideways = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    page.close()
    assert sideways <= 0
    boxes = {place(box)[1:]: box for box in drawn if "pp-node" in box["words"]}
    arrows = [box for box in drawn if "pp-node" not in box["words"]]
    stacked = width == 390 and {row for _, row in boxes} == {1}
    assert len(arrows) > 3
    for arrow in arrows:
        one, other = (boxes[end] for end in ends(arrow))
        assert max(map(abs, gaps(arrow, one, other, stacked))) <= 1, arrow["words"]
