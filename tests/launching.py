"""Start `python -m planpush …` without the two seconds of processor time that its imports take.

One process has them behind it. For each start it forks, and what it forks becomes what Python would
have made: arguments, environment, folder, files and session of its own, and nothing else of ours.
"""

from __future__ import annotations

import atexit
import functools
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from planpush.paths import ROOT

LARGEST = 128 * 1024  # of what is told of one start


class Started:
    """A running program, to be watched as a `subprocess.Popen` is."""

    def __init__(self, args: list[str], pipe: IO[bytes]) -> None:
        self.args, self.pipe, self.returncode = args, pipe, None
        self.pid = int(pipe.readline())

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        if self._ended(timeout) is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def _ended(self, timeout: float | None) -> int | None:
        """Return how it ended, if it does in time. All that is told of it is one line."""
        if self.returncode is None and select.select([self.pipe], [], [], timeout)[0]:
            self.returncode = int(self.pipe.readline())
            self.pipe.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(*words: str, env: Mapping[str, str], out: IO[bytes], session: bool = False) -> Started:
    """Start `planpush WORDS…`, which writes to `out`; in a session of its own if wanted."""
    told = {"words": words, "env": dict(env), "folder": str(Path.cwd()), "session": session}
    reading, writing = os.pipe()
    try:
        socket.send_fds(_door(), [json.dumps(told).encode()], [writing, out.fileno()])
    finally:
        os.close(writing)
    return Started(["planpush", *words], os.fdopen(reading, "rb", buffering=0))


@functools.cache
def _door() -> socket.socket:
    """Return what leads to the process that forks; it ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.launching", str(theirs.fileno())]
        process = subprocess.Popen(
            command, cwd=ROOT, pass_fds=[theirs.fileno()], start_new_session=True
        )
    atexit.register(lambda: (ours.close(), process.wait(60)))
    return ours


def serve(door: socket.socket) -> dict[str, Any]:
    """Fork for whatever is asked for; return in each process that is to become it what was told."""
    while True:
        told, files, _, _ = socket.recv_fds(door, LARGEST, 2)
        if not told:
            os._exit(0)
        if not os.fork():
            door.close()
            return watched(json.loads(told), *files)
        for one in files:
            os.close(one)


def watched(told: dict[str, Any], pipe: int, out: int) -> dict[str, Any]:
    """Fork once more; this process waits for the other one, and tells how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if not pid:
        if told["session"]:
            os.setsid()  # before anybody knows whom to end
        os.write(pipe, b"%d\n" % os.getpid())
        os.close(pipe)
        return told | {"out": out}
    os.close(out)
    _, status = os.waitpid(pid, 0)
    os.write(pipe, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def become(told: dict[str, Any]) -> None:
    """Be what `python -m planpush …` is once everything is imported."""
    for stream in (1, 2):
        os.dup2(told["out"], stream)
    os.close(told["out"])
    os.chdir(told["folder"])
    os.environ.clear()
    os.environ.update(told["env"])
    sys.orig_argv = [sys.executable, "-m", "planpush", *told["words"]]
    sys.argv = ["planpush", *told["words"]]
    runpy.run_module("planpush", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    import planpush.cli.main  # noqa: F401

    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that watch
    become(serve(socket.socket(fileno=int(sys.argv[1]))))
