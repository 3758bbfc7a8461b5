"""Deliveries: `python -m bench.notify [PART…]`, each of latency, posting, outage, pair, idle.

latency: 100 comments on 50 plans, one a second, for Slack takes no more, by webhook and by bot;
from the answer until Slack has it. posting: 16 clients comment while Slack is off, down, slow and
so on, in turn, several rounds; how long they wait once that has settled. outage: 1,000 comments on
200 plans while nobody takes them, then somebody does; the time until all is told, once, in order.
The outage lasts a minute: attempts are never more than a minute apart, so a longer one ends the
same way. pair: two workers send a thousand. idle: what a worker costs that has nothing to do. Fails
when a gate is missed. With `PLANPUSH_TEST_DATABASE=postgres` and `PLANPUSH_TEST_POSTGRES` the
databases are there.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import requests

from bench.notify_stage import SAID, Ear, Town, at, listening, processor_seconds, spread, until
from planpush.notifications.channels import pause
from tests.conftest import ON_POSTGRES
from tests.peers import hook as hooks
from tests.peers.slack import TOKEN, FakeSlack
from tests.system.sending import Stage
from tests.system.serving import free_port
from tests.system.test_deliveries import thousand

SIZES = (("ROUNDS", 5), ("REQUESTS", 320))  # fewer on a machine that has other things to do
COMMENTS, PLANS, EVERY = 100, 50, 1.0
ROUNDS, REQUESTS = (int(os.environ.get(f"BENCH_{one}", n)) for one, n in SIZES)
EVENTS, OUTAGE_PLANS, OUTAGE = 1_000, 200, 60.0
IDLE = 60.0
SETTLING = 6.0  # seconds until a Slack that is slow holds as many messages as it ever will
MOST_LATE, MOST_RATIO, MOST_RECOVERY, MOST_IDLE = 5.0, 1.2, 600.0, 0.3


def gate(name: str, value: float, most: float, unit: str) -> bool:
    """Print a figure that has a gate; tell whether it is kept."""
    kept = value <= most
    print(f"  {name:42}{value:9.2f} {unit}  (at most {most:g}){'' if kept else '  MISSED'}")
    return kept


def latency(folder: Path) -> bool:
    """From the answer to a comment until Slack has it."""
    late: dict[str, list[float]] = {}
    with listening() as (one, first), listening() as (other, second), ExitStack() as running:
        pairs = {"webhook": (Town(folder / "w", PLANS, **one.webhook), first)}
        pairs["bot"] = (Town(folder / "b", PLANS, **other.bot), second)
        for town, _ in pairs.values():
            running.enter_context(town.running())
        with ThreadPoolExecutor(2) as threads:
            late = dict(
                zip(pairs, threads.map(lambda pair: told_after(*pair), pairs.values()), strict=True)
            )
    kept = []
    for way, found in late.items():
        print(f"  {way + ', told after, median':42}{at(found, 0.5):9.2f} s")
        kept.append(gate(f"{way}, told after, 95 of 100", at(found, 0.95), MOST_LATE, "s"))
    return all(kept)


def told_after(town: Town, ear: Ear) -> list[float]:
    """Comment at an even pace; return how long after each Slack had it, sorted."""
    posted = {}
    with requests.Session() as http:
        begun = time.monotonic()
        for n in range(COMMENTS):
            time.sleep(max(0.0, begun + n * EVERY - time.monotonic()))
            town.comment(http, n)
            posted[n] = time.monotonic()
    until(lambda: len(ear.first()) == COMMENTS, 60)
    first = ear.first()
    return sorted(max(0.0, first.get(n, float("inf")) - when) for n, when in posted.items())


def troubles(slack: FakeSlack) -> dict[str, tuple[dict[str, str], float, tuple[int, bytes] | None]]:
    """Return by name: the settings, how slow Slack is, and what it answers."""
    works = {"slack_webhook_url": slack.webhook["SLACK_WEBHOOK_URL"]}
    closed = {"slack_webhook_url": f"http://127.0.0.1:{free_port()}/services/x"}
    bot = {"slack_bot_token": TOKEN, "slack_channel": "C1", "slack_api_url": f"{slack.base}/api"}
    unknown = b'{"ok": false, "error": "channel_not_found"}'
    return {
        "off": ({}, 0.0, None),
        "down": (closed, 0.0, None),
        "slow": (works, 30.0, None),
        "429": (works, 0.0, (429, b"rate_limited")),
        "500": (works, 0.0, (500, b"")),
        "channel_not_found": (bot, 0.0, (200, unknown)),
    }


def posting(folder: Path) -> bool:
    """How long who comments waits, whatever becomes of Slack."""
    with listening() as (slack, _):
        town, ways = Town(folder / "posting", PLANS), troubles(slack)
        found: dict[str, list[list[float]]] = {name: [] for name in ways}
        with town.running():
            town.crowd(0, REQUESTS)  # nobody is measured while everything is cold
            for number in range(ROUNDS):
                names = list(ways)
                names = names[number % len(names) :] + names[: number % len(names)]
                for name in names:
                    told, slack.delay, slack.trouble = ways[name]
                    town.set(**told)
                    time.sleep(SETTLING)
                    found[name].append(town.crowd(0, REQUESTS))
                    last = 1000 * at(found[name][-1], 0.99)
                    print(f"  round {number}: {name} {last:.0f} ms", file=sys.stderr, flush=True)
    return ratios(found)


def ratios(found: dict[str, list[list[float]]]) -> bool:
    """Print how long who comments waited, and what that is against Slack off."""
    off = statistics.median(at(one, 0.99) for one in found["off"])
    kept = []
    for name, rounds in found.items():
        low, middle, high = spread([1000 * at(one, 0.99) for one in rounds])
        median = 1000 * statistics.median(at(one, 0.5) for one in rounds)
        told = f"p99 {middle:6.0f} ms  ({low:.0f} … {high:.0f} in {len(rounds)} rounds)"
        print(f"  {name:20} median {median:6.0f} ms   {told}")
        failed = sum(value == float("inf") for one in rounds for value in one)
        kept.append(gate(f"{name}: failed", failed, 0, ""))
        if name != "off":
            kept.append(gate(f"{name}: p99 against off", middle / 1000 / off, MOST_RATIO, "x"))
    return all(kept)


def outage(folder: Path) -> bool:
    """How soon after an outage all is told, each thing once and in order."""
    print(f"  {'longest pause between two attempts':42}{max(pause(n) for n in range(999)):9.2f} s")
    with listening() as (slack, ear):
        town, ways = Town(folder / "outage", OUTAGE_PLANS), troubles(slack)
        works, _, _ = ways["channel_not_found"]
        with town.running():
            town.point(**(works | {"slack_api_url": f"http://127.0.0.1:{free_port()}/api"}))
            begun = time.monotonic()
            town.crowd(0, EVENTS)
            time.sleep(max(0.0, begun + OUTAGE - time.monotonic()))
            town.point(**works)
            took = until(lambda: len(ear.first()) == EVENTS and not town.waiting(), MOST_RECOVERY)
            return judged(town, slack, took)


def judged(town: Town, slack: FakeSlack, took: float) -> bool:
    """Print how the outage ended."""
    said = [SAID.findall(json.dumps(one["blocks"])) for one in slack.messages.values()]
    told = [int(n) for one in said for n in dict.fromkeys(one)]
    rank = town.order()
    wrong = 0
    for plan in range(OUTAGE_PLANS):
        mine = [rank[n] for n in told if n % OUTAGE_PLANS == plan]
        wrong += mine != sorted(mine)
    print(f"  {'messages':42}{len(slack.messages):9} in all, {len(slack.calls)} calls")
    lost = gate("comments that nobody was told of", EVENTS - len(set(told)), 0, "")
    twice = gate("comments told twice", len(told) - len(set(told)), 0, "")
    order = gate("plans told out of order", wrong, 0, "")
    return gate("until all is told", took, MOST_RECOVERY, "s") and lost and twice and order


def pair(folder: Path) -> bool:
    """Two workers send a thousand, each once."""
    with hooks.serving() as receiver:
        stage = Stage(folder / "pair")
        plans = [stage.plan(f"Plan {n}") for n in range(10)]
        for _ in range(5):
            stage.hook(receiver.url)
        stage.act(lambda: thousand(plans))
        stage.work(), stage.work()
        until(lambda: receiver.posts, 60)
        took = until(stage.all_told, 120)
        times = Counter(receiver.ids())
        stage.close()
    print(f"  {'until all is sent':42}{took:9.2f} s")
    lost = gate("not sent", 1_000 - len(times), 0, "")
    return gate("sent twice", sum(times.values()) - len(times), 0, "") and lost


def idle(folder: Path) -> bool:
    """What a worker costs that has nothing to do."""
    stage = Stage(folder / "idle")
    worker = stage.work()
    time.sleep(8)
    before = processor_seconds(worker.pid)
    time.sleep(IDLE)
    spent = processor_seconds(worker.pid) - before
    stage.close()
    return gate("a worker with nothing to do", 100 * spent / IDLE, MOST_IDLE, "%")


PARTS = {one.__name__: one for one in (latency, posting, outage, pair, idle)}


def main() -> int:
    """Print the figures; 1 when a gate does not hold."""
    chosen, kept = sys.argv[1:] or list(PARTS), []
    print("PostgreSQL" if ON_POSTGRES else "SQLite")
    for name in chosen:
        print(f"{name}:", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            kept.append(PARTS[name](Path(folder)))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
