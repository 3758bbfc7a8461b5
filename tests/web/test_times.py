"""Times in pages: short words, the exact one beside."""

from datetime import UTC, datetime, timedelta

import pytest

from planpush.web import templates

NOW = datetime(2026, 3, 9, 12, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-90), "just now"),  # another machine's clock
        (timedelta(), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "1 d ago"),
        (timedelta(days=6, hours=23), "6 d ago"),
        (timedelta(days=7), "2 Mar"),
        (timedelta(days=68), "31 Dec 2025"),
    ],
)
def test_a_time_is_short_words(monkeypatch, passed, words):
    monkeypatch.setattr(templates, "now", lambda: NOW)
    assert f">{words}</time>" in templates.ago(NOW - passed)


def test_the_exact_time_stands_beside():
    told = templates.ago(datetime(2025, 9, 1, 8, 5, 9, tzinfo=UTC))
    assert 'datetime="2025-09-01T08:05:09+00:00" title="2025-09-01 08:05:09 UTC">1 Sep' in told
    for month, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    ):
        assert f">1 {name} 2024</time>" in templates.ago(datetime(2024, month, 1, tzinfo=UTC))
