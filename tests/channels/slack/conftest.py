"""Slack, played by a server on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.peers.slack import FakeSlack, serving


@pytest.fixture
def chat() -> Iterator[FakeSlack]:
    with serving() as found:
        found.people |= {"alice@example.com": "UALICE", "bob@example.com": "UBOB"}
        yield found
