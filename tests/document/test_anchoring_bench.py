"""The bench knows the truth by construction: a small run of it, and of its judge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench import anchors, anchors_generated, anchors_pairs
from planpush.document.anchoring.placement import ORPHAN, Placement
from planpush.document.blocks import Block

HERE = Block("s", 1, "p", "one two three")
FOUND = Placement("exact", 1.0, "s", 1, 4, 7, "")


def test_generated_revisions_are_placed_right() -> None:
    table, missed = anchors_generated.run(seed=5, documents=1)
    chained, lost = anchors_generated.chain(seed=5, chains=1)
    whole = sum(table.values(), chained)
    assert not missed and not lost
    assert whole["right"] > 200 and whole["fair"] > 10
    assert whole["wrong"] + whole["lost"] + whole["falsely placed"] <= whole["right"] / 100


@pytest.mark.parametrize(
    ("truth", "found", "verdict"),
    [
        ((HERE, (4, 7)), FOUND, "right"),
        ((HERE, (8, 13)), FOUND, "wrong"),
        ((HERE, (4, 7)), replace(FOUND, block=2), "wrong"),
        ((HERE, (4, 7)), replace(FOUND, start=None, end=None, state="outdated"), "near"),
        ((HERE, (4, 7)), ORPHAN, "lost"),
        ((HERE, None), replace(FOUND, start=None, end=None), "right"),
        ((HERE, (0, 0)), replace(FOUND, start=None, end=None, state="outdated"), "close"),
        ((HERE, (0, 0)), FOUND, "falsely placed"),
        (None, ORPHAN, "fair"),
        (None, FOUND, "falsely placed"),
        ((HERE, anchors_generated.UNCERTAIN), FOUND, ""),
    ],
)
def test_the_judge(truth, found, verdict) -> None:
    assert anchors_generated.judge(truth, found, "else") == verdict


def test_without_the_pairs_it_says_so_and_goes_on(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setattr(anchors_pairs, "TOOLS", tmp_path / "absent")
    assert list(anchors._pairs()) == []
    assert "absent" in capsys.readouterr().out
