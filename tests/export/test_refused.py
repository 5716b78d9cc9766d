"""What cannot be exported is refused in words."""

import linecache

import pytest

from exporting import unlisted
from preheat import constant, export, noam, parse, warmup
from preheat.shapes import Number, Steps, Time, Value, maximum, sqrt


@unlisted
def sagging(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    """A shape of a user's own, with all that may stand in one."""
    gone: float = 0
    for weight, power in ((0.5, 1), (0.5, 2)):
        gone += weight * (t / steps) ** power
    low, high = _ends(start, end)
    if t < 3 and not t > 2:
        return start * sqrt(1 - gone) + end * (1 - sqrt(1 - gone))
    if start == end:
        return low
    return high + (low - high) * gone if -1 <= t <= steps else maximum(low, +high) + sum([0 * t for _ in (1, 2)][:0])


def _ends(start: float, end: float) -> tuple[float, float]:
    return end, start


def sliced(t: Time, scale: Number) -> Value:
    """Uses what cannot be written."""
    values: list[float] = [t, scale]
    return values[0]


def whiles(t: Time, scale: Number) -> Value:
    while t > 1000:
        t -= 1
    return t * scale


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"to": "optx"}, "to must be one of python, numpy, .*; did you mean 'optax'"),
        ({"to": 3}, "to must be one of python"),
        ({"to": "optax"}, "lr must be given, for optax takes learning rates: lr=3e-4"),
        ({"to": "keras"}, "lr must be given, for keras"),
        ({"name": "not a name"}, "name must be a name for a function"),
        ({"name": "class"}, "name must be a name"),
        ({"lr": float("nan")}, r"export\(lr=nan\): lr must be a finite number"),
    ],
)
def test_a_bad_argument_is_named(given, said):
    with pytest.raises(ValueError, match=said):
        export(noam(512, 4000), **given)


@pytest.mark.parametrize("lr", ["3e-4", False])
def test_lr_is_a_number_or_true(lr):
    with pytest.raises(TypeError, match="lr must be"):
        export(warmup(4), lr=lr)


def test_a_plan_is_asked_for():
    with pytest.raises(TypeError, match="plan must be a plan"):
        export("warmup(4)")  # type: ignore[arg-type]  # what the test is about


def test_an_unresolved_plan_says_which_total_is_missing():
    with pytest.raises(ValueError, match=r"resolve\(plan, total_steps=...\)"):
        export(parse('warmup("5%") >> constant(1)'))


def test_a_shape_of_ones_own_is_exported():
    names: dict[str, object] = {}
    for ends in ((1, 0.5), (1, 1)):
        plan = sagging(*ends, steps=9)
        exec(export(plan, to="python"), names)
        assert [names["schedule"](i) for i in range(20)] == [plan(i) for i in range(20)]  # type: ignore[operator]


@pytest.mark.parametrize("formula", [sliced, whiles])
def test_a_line_that_cannot_be_written_is_named(formula):
    plan = unlisted(formula)(2)
    line = formula.__code__.co_firstlineno + (3 if formula is sliced else 1)
    with pytest.raises(ValueError, match=rf"line {line} of {formula.__name__}: .* cannot be written out"):
        export(plan >> constant(1) if plan.steps else plan, to="python")


def made(source, name):
    """A shape whose source is that text, or none."""
    space = {"Time": Time, "Value": Value, "Number": Number}
    exec(compile(source, f"<{name}>", "exec"), space)
    return space[name]


def test_a_shape_without_its_source_is_refused():
    with pytest.raises(ValueError, match="the source of unseen cannot be had; define it in a file"):
        export(unlisted(made("def unseen(t: Time, a: Number) -> Value:\n    return a * t\n", "unseen"))(2))


@pytest.mark.parametrize("name", ["moved", "other"])
def test_a_source_that_has_changed_is_refused(name):
    formula = made("def moved(t: Time, a: Number) -> Value:\n    return a * t\n", "moved")
    lines = [f"def {name}(t: Time, a: Number) -> Value:\n", "    return a + t\n"]
    linecache.cache["<moved>"] = (1, None, lines, "<moved>")
    with pytest.raises(ValueError, match="the source of moved has changed"):
        export(unlisted(formula)(2))
