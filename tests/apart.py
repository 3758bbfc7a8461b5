"""Coroutines in tests, run on a thread of their own."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What the coroutine returns or raises.

    On another thread: once a browser ran in this process its loop stays in the main one, and
    `asyncio.run` refuses there. Which tests share a process differs from run to run.
    """
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, coroutine).result()
