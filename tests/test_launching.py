"""What tests start is what Python would have started: a session of its own, and its exit code."""

import fcntl
import os

from tests import launching

PATIENCE = 60  # seconds


def test_a_program_leads_its_session_as_soon_as_it_is_known():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as said, os.fdopen(writing, "wb", 0) as out:
        out.write(bytes(fcntl.fcntl(out, fcntl.F_GETPIPE_SZ)))  # full: the program has to wait
        started = launching.start("--version", env=os.environ, out=out, session=True)
        assert os.getpgid(started.pid) == os.getsid(started.pid) == started.pid
        out.close()
        assert b"planpush" in said.read()
    assert started.wait(PATIENCE) == 0


def test_a_program_that_cannot_start_says_so(tmp_path):
    with (tmp_path / "log").open("wb") as out:
        env = os.environ | {"SECRET_KEY": "short", "DATA_DIR": str(tmp_path)}
        assert launching.start("serve", env=env, out=out).wait(PATIENCE) == 1
        assert launching.start("nonsense", env=env, out=out).wait(PATIENCE) == 2
    assert "SECRET_KEY" in (tmp_path / "log").read_text()
