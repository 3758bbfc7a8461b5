"""pytest plugin for CI, where everything is installed: a skipped test is a failed run."""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a green run with skips red, saying which; pytest's own closing line comes after."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not reporter.stats.get("skipped"):  # a worker of xdist has no reporter
        return
    reporter.write_line("")
    for report in reporter.stats["skipped"]:
        path, line, reason = report.longrepr
        reporter.write_line(f"skipped, which CI does not allow: {path}:{line}: {reason}")
    session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
