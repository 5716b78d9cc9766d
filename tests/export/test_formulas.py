"""What a shape of a user's own may be made of, alone and in many pieces."""

import math
from typing import Any

import pytest

from exporting import unlisted
from preheat import constant, export, linear, noise, radam, repeat, reverse, stretch, table, warmup
from preheat._export import TARGETS
from preheat._plan import joined
from preheat.shapes import Count, Number, Steps, Time, Value, log, maximum, require, sqrt


def values_of(plan, count=40):
    names: dict[str, Any] = {}
    exec(export(plan, to="python"), names)
    return [names["schedule"](i) for i in range(count)]


def assert_exports(plan):
    assert values_of(plan) == [plan(i) for i in range(40)], export(plan, to="python")


def halved(x: float) -> float:
    return float(x) / 2


@unlisted
def sided(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    """Takes another branch of an `if` where it rises."""
    require(start >= -100, "start must be moderate")
    high = halved(start)
    if start > end:
        return high + (end - high) * (t / steps)
    return end + sqrt(abs(t - steps)) * (start - end) / max(steps, 1) * halved(2)


def held(t: float) -> None:
    """Returns nothing."""
    require(t >= 0, "t must be 0 or more")
    for _ in (1, 2):
        pass


@unlisted
def patchwork(t: Time, base: Count, shift: Number) -> Value:
    """Every kind of expression."""
    near = (0 < t < 5) or (t == 9 and shift > 0)
    late = (t > 20 or shift > 1e6) or (shift > 1e6 and t > 2)
    held(t)
    low = (t - 5) // 3 + +1
    power: float = base ** (t - t // 2) / base**t
    assert_free = [x * t for x in (1.0, 2.0)]
    one, other = assert_free
    if shift is None or math.isnan(shift):
        return one
    turned = (
        t - 2 * float(t) - -0.5 * sqrt(t) + (-sqrt(t) + 1) + (t - t // 2 * 3) + -t + (0 - t) + 0 / (t + 1)
        if not late
        else -(2 - t)
    )
    return (power if near else low) + turned + math.floor(other / 7) + maximum(-t, -3) + (shift or 1) * (t % 2.5)


@unlisted
def nested(t: Time, a: Number) -> Value:
    """Chooses twice, at some length."""
    if t < 10:
        return a + (t + 1.5) * (t + 2.5) * (t + 3.5) / ((t + 4.5) * (t + 5.5) * (t + 6.5)) + log(t + 1)
    return a * (t + 1.25) * (t + 2.25) * (t + 3.25) / ((t + 4.25) * (t + 5.25) * (t + 6.25)) + sqrt(t + 1)


def test_a_branch_on_numbers():
    assert_exports(sided(3, 1, steps=10) >> sided(0, 1, steps=10))


def test_rows_that_take_different_branches_are_tables_of_their_own():
    plan = joined(">>", *(sided(k % 5, 2.5 + k / 100, steps=3 + k % 2) for k in range(50)))
    assert_exports(plan)
    both = plan * joined(">>", *(linear(k, 1 + k % 3, steps=4) for k in range(45)))
    assert_exports(both)


@pytest.mark.parametrize("shift", [0, 1.5])
def test_every_kind_of_expression(shift):
    assert_exports(patchwork(2, shift))
    assert_exports(nested(1 + shift))


def test_a_helper_of_columns_is_called_for_each_row():
    assert_exports(joined(">>", *(linear(0, 1, steps=3) * radam(0.9 + k / 1_000) for k in range(1))) + radam(0.95))
    plan = joined(">>", *(sided(9 + k / 8, 1, steps=4) for k in range(40)))
    assert_exports(plan)


def test_cycles_of_several_pieces_and_a_chain_in_every_row():
    saw = linear(0, 1, steps=3) >> linear(1, 0, steps=2)
    assert_exports(joined(">>", *(saw for _ in range(4)), constant(0.5)))
    assert_exports(joined(">>", *((saw * saw) * (1 + k / 8) * linear(1, 2, steps=5) for k in range(40))))


def test_rows_of_repeats_some_of_which_fall():
    chain = joined(">>", *(linear(k % 3, k % 5, steps=2) for k in range(40)))
    plan = joined(">>", *(repeat(chain, 30, decay=0.5 + k / 100 if k % 2 else 1) for k in range(40)))
    names: dict[str, Any] = {}
    exec(export(plan, to="python"), names)
    assert [names["schedule"](i) for i in range(0, 100_000, 97)] == [plan(i) for i in range(0, 100_000, 97)]


def test_many_times_the_same_is_no_table():
    plan = repeat(joined(">>", *(linear(k % 3, k % 5, steps=2) for k in range(10))), 200)
    assert "STARTS" not in export(plan, to="python")
    names: dict[str, Any] = {}
    exec(export(plan, to="python"), names)
    assert [names["schedule"](i) for i in range(5_000)] == [plan(i) for i in range(5_000)]


def test_rows_backwards():
    assert_exports(joined(">>", *(reverse(linear(k, 0, steps=2 + k % 2)) for k in range(40))))


def test_four_branches_of_arrays():
    plan = warmup(3) >> constant(1, steps=4) >> linear(1, 0.5, steps=5) >> nested(0.5)
    names: dict[str, Any] = {}
    exec(export(plan, to="numpy"), names)
    assert names["schedule"]([*range(40)]).tolist() == pytest.approx([plan(i) for i in range(40)], rel=1e-14)


def test_a_table_that_is_read_at_one_place():
    assert_exports(stretch(table((3, 1)), steps=0) >> constant(1, steps=3))


@pytest.mark.parametrize("to", TARGETS)
def test_noise_for_every_target(to):
    code = export(noise(warmup(10), 0.1, seed=3) >> table((3, 1, 2)), to=to, lr=True)
    assert "mixed(" in code
    assert "VALUES" in code


def test_quotients_and_truths_in_javascript():
    code = export(patchwork(2, 0.5), to="javascript")
    assert "Math.floor((" in code
    assert "||" in code
    stairs = export(constant(1) + _stairs(0.5), to="javascript")
    assert "Math.round((t - t % 0.5) / 0.5)" in stairs


@unlisted
def _stairs(t: Time, every: Number) -> Value:
    """Down at once."""
    return 1 / (1 + t // every) if not (t < 2 or t > 2**20) else 1 - t * 1e-3


def starred(t: Time, a: Number) -> Value:
    return maximum(*(t, a))


def filtered(t: Time, a: Number) -> Value:
    return max([x * t for x in (a, 1) if x > 0])


def rounded(t: Time, a: Number) -> Value:
    return round(t) + a


def unpacked(t: Time, a: Number) -> Value:
    values = {}
    values["a"] = t
    return a


def endless(t: Time, a: Number) -> Value:
    for _ in t:  # type: ignore[attr-defined]  # refused
        pass
    return a


def inverted(t: Time, a: Number) -> Value:
    return ~t + a  # type: ignore[operator, no-any-return]  # refused


def unknown(t: Time, a: Number) -> Value:
    return t @ a  # type: ignore[operator, no-any-return]  # refused


def silent(t: Time, a: Number) -> Value:
    maximum(t, a)
    return a if t is not a else t


@pytest.mark.parametrize("formula", [starred, filtered, rounded, unpacked, endless, inverted, unknown])
def test_what_cannot_be_written_is_refused(formula):
    made = _made_anyway(formula)
    with pytest.raises(ValueError, match=rf"line \d+ of {formula.__name__}: .* cannot be written out"):
        export(made, to="python")


def _made_anyway(formula):
    """A plan of it, though it may have no value."""
    make = unlisted(linear_like)
    plan = make(2)
    make.shape.formula = formula
    return plan


def linear_like(t: Time, a: Number) -> Value:
    """A line."""
    return t * a


def test_a_value_that_is_dropped_is_no_matter():
    assert_exports(unlisted(silent)(2))


def test_a_lambda_is_no_formula():
    with pytest.raises(ValueError, match="must be a function with a `def`"):
        export(_made_anyway(lambda t, a: t * a), to="python")
