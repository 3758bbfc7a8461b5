"""What the loading of a page asks of a cheap phone's processor: a part of `bench.browser`.

Lighthouse's blocking time is what each task of the page's thread takes beyond 50 ms, on a processor
four times as slow, from the first paint on. It goes by the time of day; here it goes by the
processor time of the same tasks, so that it is right on a busy machine, too.
"""

from __future__ import annotations

import json
from typing import Any

from bench.served import Served
from bench.table import Row, is_smoke, most

PHONE = {"width": 412, "height": 823}
SLOWER, LONG = 4, 50.0  # times, and milliseconds
TASK, SEEN, PARSED = "ThreadControllerImpl::RunTask", "firstContentfulPaint", "ParseHTML"
TOLD = ["-*", "toplevel", "devtools.timeline", "loading"]


def row(chromium: Any, served: Served, name: str, path: str) -> Row:
    """Return how long a page blocks a cheap phone while it loads: the least of a few times.

    Neighbours that take a processor's memory away only ever add to it.
    """
    times = [blocked(events(chromium, served, path)) for _ in range(1 if is_smoke() else 5)]
    told = f"blocking time of the {name}, processor time"
    return Row("browser", told, min(times), most(200, "ms"))


def events(chromium: Any, served: Served, path: str) -> list[dict[str, Any]]:
    """Load a page as somebody who sees everything; return what Chromium did meanwhile."""
    phone = {"device_scale_factor": 1.75, "is_mobile": True, "has_touch": True}
    context = chromium.new_context(base_url=served.base, viewport=PHONE, **phone)
    context.request.get(served.link("ada"), max_redirects=0)
    page = context.new_page()
    chromium.start_tracing(page=page, categories=TOLD)
    page.goto(path, wait_until="load")
    page.wait_for_timeout(2500)
    told: list[dict[str, Any]] = json.loads(chromium.stop_tracing())["traceEvents"]
    context.close()
    return told


def blocked(events: list[dict[str, Any]]) -> float:
    """Return the blocking time in milliseconds; 0 for a page that paints nothing."""
    parsed = [one for one in events if one["name"] == PARSED and "127.0.0.1" in str(one["args"])]
    process, thread = parsed[0]["pid"], parsed[0]["tid"]
    mine = [one for one in events if one["pid"] == process]
    seen = min((one["ts"] for one in mine if one["name"] == SEEN), default=float("inf"))
    tasks = [one for one in mine if one["name"] == TASK and one["tid"] == thread]
    spent = [SLOWER * one.get("tdur", 0) / 1000 for one in tasks if one["ts"] >= seen]
    return sum(time - LONG for time in spent if time > LONG)
