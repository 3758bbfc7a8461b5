"""Runs a command of an image as a container engine would; needs Linux and root.

    container.py ROOT CONFIG VOLUME WORD…

ROOT is where the image is mounted, CONFIG a file with its configuration as JSON, VOLUME the folder
that becomes /data; the words come after the image's entrypoint; without any, its own. The root is
read-only, /data is all that can be written; the process has the image's user and environment (and
the variables that HANDED names), no capability, and the number 1.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

_NEW_MOUNTS, _NEW_IPC, _NEW_NUMBERS = 0x00020000, 0x08000000, 0x20000000
_NO_NEW_PRIVILEGES, _DROP_CAPABILITY = 38, 24
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Start it, hand on the signal to stop, and end with its exit code."""
    root, config, volume = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), sys.argv[3]
    words = (config["Entrypoint"] or []) + (sys.argv[4:] or config["Cmd"])
    _called(_libc.unshare(_NEW_MOUNTS | _NEW_IPC | _NEW_NUMBERS))
    inner = os.fork()
    if not inner:
        mount(root, volume)
        become(root, config, words)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(inner, signal.SIGTERM))
    _, status = os.waitpid(inner, 0)
    sys.exit(os.waitstatus_to_exitcode(status) % 256)


def mount(root: Path, volume: str) -> None:
    """Make the root read-only, with the volume, /proc and a few devices in it."""
    _mount("--make-rprivate", "/")
    _mount("--bind", str(root), str(root))
    _mount("--options", "remount,bind,ro", str(root))
    _mount("--bind", volume, str(root / "data"))
    _mount("--types", "proc", "proc", str(root / "proc"))
    _mount("--types", "tmpfs", "--options", "mode=755,size=64k", "none", str(root / "dev"))
    for name in ("null", "zero", "urandom"):
        (root / "dev" / name).touch()
        _mount("--bind", f"/dev/{name}", str(root / "dev" / name))
    _mount("--options", "remount,ro", str(root / "dev"))


def become(root: Path, config: Any, words: list[str]) -> None:
    """Turn this process into the command of the image."""
    user, _, group = config["User"].partition(":")
    os.chroot(root)
    os.chdir(config["WorkingDir"])
    for capability in range(64):
        _libc.prctl(_DROP_CAPABILITY, capability, 0, 0, 0)  # those that the kernel knows
    os.setgroups([])
    os.setresgid(*[int(group)] * 3)
    os.setresuid(*[int(user)] * 3)
    _called(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    environment = dict(line.split("=", 1) for line in config["Env"])
    told = {name: os.environ[name] for name in os.environ.get("HANDED", "").split()}
    os.execvpe(words[0], words, environment | told)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def _called(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main()
