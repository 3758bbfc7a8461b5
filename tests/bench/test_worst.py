"""The bench of the worst requests runs: a sample of them is prepared, sent and answered."""

from __future__ import annotations

import pytest

from bench import worst


@pytest.mark.long
def test_what_is_sent_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        worst.main(["--smoke"])
    told = capsys.readouterr().out
    assert ended.value.code == 0, told
    assert "push: " in told and " 0 missed" in told


def test_a_request_that_costs_too_much_is_a_miss(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(worst, "GOAL", -1.0)
    with pytest.raises(SystemExit) as ended:
        worst.main(["--only", "push: many roots", "--rounds", "1"])
    assert ended.value.code == 1 and "MISSED" in capsys.readouterr().out
