"""The curves of `bench.growth` say how fast a cost grows."""

import pytest

from bench.curves import Curve, named


@pytest.mark.parametrize(
    ("cost", "slope", "words"),
    [
        (lambda size: 7.0, 0.0, "constant"),
        (lambda size: 0.5 * size**0.5, 0.5, "below linear"),
        (lambda size: 3.0 * size, 1.0, "linear"),
        (lambda size: 0.01 * size**2, 2.0, "above linear"),
        (lambda size: 100 / size, -1.0, "falling"),
    ],
)
def test_a_slope_is_the_exponent_of_growth(cost, slope, words):
    curve = Curve("plans", "a page", {size: cost(size) for size in (10, 100, 5_000)})
    assert curve.slope == pytest.approx(slope, abs=1e-9)
    assert named(curve.slope) == words


def test_a_row_shows_the_cost_of_the_most_beside_that_of_the_least():
    row = Curve("open tabs", "the dashboard", {0: 2.0, 20: 2.0, 2_000: 4.0}).row()
    assert row.name == "open tabs 0 → 2,000: the dashboard"
    assert (row.ceiling, row.ceiling_cpu, row.cpu) == ("open tabs 0", 2.0, 4.0)
    assert row.cells()[-2].endswith("constant") and row.met is None
