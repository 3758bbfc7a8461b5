"""The exposition: numbers as Prometheus reads them (text format 0.0.4)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence

from planpush.web.meter import GAUGE, HISTOGRAM, Family, Labels, Meter

MIMETYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[Labels, float]


def head(name: str, kind: str, told: str) -> str:
    """Return the two lines before a metric's values."""
    return f"# HELP {name} {told}\n# TYPE {name} {kind}"


def line(name: str, labels: Sequence[tuple[str, str]], value: float) -> str:
    """Return one value's line."""
    told = ",".join(f'{key}="{_escaped(one)}"' for key, one in labels)
    return f"{name}{{{told}}} {_number(value)}" if told else f"{name} {_number(value)}"


def exposed(meter: Meter, rows: Iterable[tuple[bool, array[float]]]) -> Iterator[str]:
    """Return the lines of what all processes counted: of who has gone only what adds up."""
    ended = list(rows)
    alive = [row for here, row in ended if here]
    total = _summed([row for _, row in ended])
    now = _summed(alive) if len(alive) < len(ended) else total
    for family in meter.families:
        lines = list(_family(family, meter, now if family.kind == GAUGE else total))
        if lines:
            yield head(family.name, family.kind, family.help)
            yield from lines


def _summed(rows: Sequence[array[float]]) -> Sequence[float]:
    return rows[0] if len(rows) == 1 else list(map(sum, zip(*rows, strict=True)))


def _family(family: Family, meter: Meter, cells: Sequence[float]) -> Iterator[str]:
    for values, first in meter.at[family.name].items():
        labels = list(zip(family.labels, values, strict=True))
        if family.kind == HISTOGRAM:
            yield from _histogram(family, labels, cells[first : first + family.width])
        elif cells[first] or family.kind == GAUGE or len(family.series) < _FEW:
            yield line(family.name, labels, cells[first])


_FEW = 40  # series of a metric that are told from the start; of more only those that are in use


def _histogram(
    family: Family, labels: list[tuple[str, str]], cells: Sequence[float]
) -> Iterator[str]:
    *buckets, total = cells
    count = 0.0
    if not any(buckets) and len(family.series) >= _FEW:
        return
    for bound, each in zip((*family.bounds, float("inf")), buckets, strict=True):
        count += each
        bounded = [*labels, ("le", "+Inf" if bound == float("inf") else _number(bound))]
        yield line(f"{family.name}_bucket", bounded, count)
    yield line(f"{family.name}_sum", labels, total)
    yield line(f"{family.name}_count", labels, count)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
