"""Restarts that nobody notices: `python -m bench.rolling`, on PostgreSQL as the tests find it.

Two servers on one database behind nginx (`--balancer caddy`: behind Caddy) are restarted in turn,
twice, while 16 clients send 10,000 requests and pages listen; then each is killed. A server alone
is replaced in its place (SIGUSR2), and restarted behind a socket that somebody else holds, as
systemd does. Fails when a request failed, an acknowledged comment is not there, a page missed
something or was told later than a second after, or a server took longer than 5 seconds to stop.
`PLANPUSH_TEST_DATABASE=postgres` and `PLANPUSH_TEST_POSTGRES` name the server, as for the tests;
without them all of it runs on one SQLite file. `--requests N`, `--clients N`, `--only STAGE`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.rolling_load import Load, Page, comment, town_newest
from bench.rolling_stage import SEEN, Place, Town, until

REQUESTS, CLIENTS, ROUNDS, PAGES, TOLD = 10_000, 16, 2, 8, 25
MOST_SECONDS, MOST_STOP = 1.0, 5.0


@dataclass
class Result:
    """What came of a stage: what is wrong whatever the machine does, and what took how long."""

    wrong: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Tell something."""
        self.told.append(line)
        print(f"  {line}", flush=True)

    def expect(self, true: object, otherwise: str) -> None:
        """Note what must never be."""
        if not true:
            self.wrong.append(otherwise)
            print(f"  WRONG: {otherwise}", flush=True)

    def took(self, what: str, seconds: float, most: float) -> None:
        """Tell how long something took."""
        self.say(f"{what:<42} {seconds:8.3f} s   (at most {most:.0f})")
        if seconds > most:
            self.slow.append(f"{what}: {seconds:.3f} s")


@contextmanager
def pages(town: Town, base: str, slug: str, count: int) -> Iterator[list[Page]]:
    """Open pages of a plan, and close them."""
    found = [Page(town, base, slug) for _ in range(count)]
    for one in found:
        one.start()
    until(lambda: all(one.joined.is_set() for one in found), "a stream")
    try:
        yield found
    finally:
        for one in found:
            one.over.set()


def across(town: Town, result: Result, told: int = TOLD) -> None:
    """Comment at one server, and listen at the other."""
    first, second = town.places
    slug, late = town.slugs[-1], list[float]()
    for here, there in ((first, second), (second, first)):
        with pages(town, there.base, slug, PAGES) as listening:
            for number in range(told):
                event_id, at = comment(town, here.base, slug, f"across {here.port} {number}")
                until(lambda: all(_heard(one, event_id) for one in listening), "news")  # noqa: B023
                late += [one.when(event_id) - at for one in listening]
    late.sort()
    result.say(f"{'told at the other server, median':<42} {late[len(late) // 2]:8.3f} s")
    result.took("told at the other server, last", late[-1], MOST_SECONDS)


def _heard(page: Page, event_id: int) -> bool:
    return page.when(event_id) < float("inf")


def rolling(
    town: Town,
    result: Result,
    wanted: int,
    clients: int,
    *,
    rounds: int = ROUNDS,
    how: str = "stop",
) -> None:
    """Restart each server in turn, or replace it, while requests come through the balancer."""
    slug = town.slugs[0]
    with pages(town, town.base, slug, PAGES) as listening:
        load = Load(town, town.base)
        load.begin(clients, wanted)
        for turn in range(rounds * len(town.places)):
            place = town.places[turn % len(town.places)]
            load.reached(wanted * turn // (rounds * len(town.places)))
            if how == "stop":
                result.took(f"stop of server {place.port}", place.stop(), MOST_STOP)
                place.start()
                time.sleep(SEEN)
            else:
                result.say(f"{'replaced in its place within':<42} {place.replace():8.3f} s")
        load.finish()
        _caught_up(town, slug, listening)
        back = [one.retries for one in listening if one.opened > 1]
        spread = {delay for delays in back for delay in delays if delay != 2.0}
        result.expect(back and len(spread) > 1, "no page was sent elsewhere at a time of its own")
        result.say(f"pages came back {sum(one.opened - 1 for one in listening)} times")
    _judge(load, result)


def crash(town: Town, result: Result, wanted: int, clients: int) -> None:
    """Kill each server while requests come: what broke is sent again once, and succeeds."""
    slug = town.slugs[-1]
    with pages(town, town.base, slug, PAGES) as listening:
        load = Load(town, town.base, again=True)
        load.begin(clients, wanted)
        for turn, place in enumerate(town.places):
            load.reached(wanted * (turn + 1) // 4)
            place.kill()
            other = town.places[1 - turn]
            event_id, _ = comment(town, other.base, slug, f"while {place.port} is away")
            until(lambda: all(_heard(one, event_id) for one in listening), "what was missed")  # noqa: B023
            place.start()
            time.sleep(SEEN)
        load.finish()
        _caught_up(town, slug, listening)
    _judge(load, result, broken=clients * len(town.places))


def alone(
    town: Town, result: Result, wanted: int, clients: int, *, how: str, rounds: int = ROUNDS
) -> None:
    """Restart one server without a balancer: in its place, or behind a socket that stays."""
    place = Place(town.folder, town.server.env | {"TRUSTED_PROXIES": ""}, town.spare)
    if how == "socket":
        place.hold()
    place.start()
    try:
        load = Load(town, place.base)
        load.begin(clients, wanted)
        for turn in range(rounds):
            load.reached(wanted * (turn + 1) // (2 * rounds))
            if how == "socket":
                result.took(f"stop of server {place.port}", place.stop(), MOST_STOP)
                place.start()
            else:
                result.say(f"{'replaced in its place within':<42} {place.replace():8.3f} s")
        load.finish()
        _judge(load, result)
        result.say(f"{'stop, nobody there':<42} {place.stop():8.3f} s")
    finally:
        place.close()


def _caught_up(town: Town, slug: str, listening: list[Page]) -> None:
    newest = town_newest(town, slug)
    until(lambda: all(_heard(one, newest) for one in listening), "the last news")


def _judge(load: Load, result: Result, broken: int = 0) -> None:
    kinds = ", ".join(f"{load.kinds[one]:,} {one}s" for one in sorted(load.kinds))
    result.say(f"{load.count:,} requests ({kinds}), {len(load.errors)} errors")
    if load.again:
        result.say(f"{load.broken} broke and were sent again")
    result.expect(not load.errors, f"{len(load.errors)} errors: {load.errors[:5]}")
    result.expect(load.broken <= broken, f"{load.broken} requests broke")
    lost = load.lost()
    result.say(f"{len(load.comments):,} comments acknowledged, {len(lost)} lost or twice there")
    result.expect(not lost, f"{len(lost)} acknowledged comments are not there once")


def main() -> None:
    """Run what is asked for; exit with 1 if anything was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--balancer", choices=("nginx", "caddy"), default="nginx")
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--only", choices=("across", "rolling", "crash", "replace", "socket"))
    told = parser.parse_args()
    wanted, clients, result = told.requests, told.clients, Result()
    few = wanted // 5
    stages: dict[str, Callable[[Town], None]] = {
        "across": lambda town: across(town, result),
        "rolling": lambda town: rolling(town, result, wanted, clients),
        "crash": lambda town: crash(town, result, few, clients),
        "replace": lambda town: alone(town, result, few, clients, how="replace"),
        "socket": lambda town: alone(town, result, few, clients, how="socket"),
    }
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder), clients + 1)
        try:
            town.open()
            with town.through(told.balancer):
                for name, stage in stages.items():
                    if told.only in (None, name):
                        print(f"\n{name}", flush=True)
                        stage(town)
        finally:
            town.close()
    for line in (*result.wrong, *result.slow):
        print(f"MISSED: {line}")
    sys.exit(bool(result.wrong or result.slow))


if __name__ == "__main__":
    main()
