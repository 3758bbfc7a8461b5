"""Times in pages: a date that does not depend on when it is rendered, the exact time beside."""

from datetime import UTC, datetime

from planpush.web.templates import ago


def test_a_time_is_its_date_with_the_exact_time_beside():
    told = ago(datetime(2025, 9, 1, 8, 5, 9, tzinfo=UTC))
    exact = 'datetime="2025-09-01T08:05:09+00:00" title="2025-09-01 08:05:09 UTC"'
    assert told == f'<time class="ago" {exact}>1 Sep 2025</time>'
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    for month, name in enumerate(months, 1):
        assert f">1 {name} 2024</time>" in ago(datetime(2024, month, 1, tzinfo=UTC))
