"""The bench of a long history runs, and asks the database no more of many versions than of few."""

from __future__ import annotations

import re

import pytest

from bench import history


@pytest.mark.long
def test_many_versions_are_no_more_questions(monkeypatch, capsys):
    for name, number in (("MANY", 22), ("ROUNDS", 1), ("ASKED", 1)):
        monkeypatch.setattr(history, name, number)
    with pytest.raises(SystemExit):  # what it costs is another matter, on a busy machine
        history.main()
    told = re.findall(r"(\d+) and (\d+)", capsys.readouterr().out)
    assert len(told) == 6 and all(few == many for few, many in told)
