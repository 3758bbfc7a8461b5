"""A second try for what looks at a live page: its updates may overtake a hand that is too quick.

Whoever needed one is named on the error stream, so that it can be looked into.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

FORGIVEN: set[Any] = set()  # fixtures that were made anew


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a browser test once more if it failed, with everything of its own made anew."""
    if "chromium" not in getattr(item, "fixturenames", ()):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if any(report.failed for report in reports):
        told = "\n".join(one.longreprtext for one in reports if one.failed).splitlines()
        why = [line for line in told if line.startswith("E ")][:5] + told[-1:]
        sys.__stderr__.write("\n".join(["", f"second try: {item.nodeid}", *why, ""]))
        begin_anew(item)
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def begin_anew(item: Any) -> None:
    """Give the test another name, from which its plans take theirs, and forget what failed.

    The server still has the plans of the first try. What several tests share is made once: that it
    failed is kept, and would be told again. It is forgotten once, for what is really broken.
    """
    item.name = item.name.replace("test_", "test_again_", 1)
    item._initrequest()
    for several in item._fixtureinfo.name2fixturedefs.values():
        for one in several:
            if one.cached_result and one.cached_result[2] and one not in FORGIVEN:
                FORGIVEN.add(one)
                one.finish(item._request)
