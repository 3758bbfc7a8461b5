"""What tests of deliveries begin with."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notifications.mail import Mail


@pytest.fixture
def mail(database: Any, monkeypatch: pytest.MonkeyPatch) -> Mail:
    return Mail(monkeypatch)
