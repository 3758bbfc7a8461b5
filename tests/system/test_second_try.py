"""A second try is one indeed: what the first left behind, or made for several tests, is not met."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

NAMES, MADE = [], []

@pytest.fixture
def chromium():
    pass

@pytest.fixture(scope="module")
def story():
    MADE.append(1)
    assert len(MADE) > 1, "The story failed."

BROKEN = []

@pytest.fixture(scope="module")
def broken():
    BROKEN.append(1)
    raise AssertionError("It is broken.")

def test_it_fails_once(chromium, request):
    NAMES.append(request.node.name)
    assert len(set(NAMES)) == 2

def test_a_story_fails_once(chromium, story):
    pass

def test_it_fails_twice(chromium):
    raise AssertionError

def test_what_is_broken(chromium, broken):
    pass

def test_what_is_broken_is_not_made_again_and_again(chromium, request):
    with pytest.raises(AssertionError):
        request.getfixturevalue("broken")
    assert len(BROKEN) == 2

def test_it_is_no_browsers(story):
    raise AssertionError
"""


@pytest.mark.long
def test_who_fails_once_is_named_and_who_fails_twice_has_failed(tmp_path):
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.system.second_try", "-rA", "-c",
               os.devnull, "--rootdir", str(tmp_path), str(tmp_path)]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True,
                           timeout=120)  # fmt: skip
    again = {line.partition("::")[2] for line in found.stderr.splitlines() if "second try" in line}
    assert again == {"test_it_fails_once", "test_a_story_fails_once", "test_it_fails_twice",
                     "test_what_is_broken"}  # fmt: skip
    assert "The story failed." in found.stderr
    assert "2 failed, 3 passed, 1 error" in found.stdout
