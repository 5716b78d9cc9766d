"""Pictures on matplotlib's axes, in files and in notebooks."""

import re
import sys
from io import BytesIO
from typing import Any

import matplotlib as mpl
import pytest
from cycler import cycler
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from preheat import (
    constant,
    cosine,
    exponential,
    function,
    linear,
    maximum,
    milestones,
    noam,
    noise,
    plot,
    sgdr,
    until,
    warmup,
    wsd,
    zero_based,
)
from preheat._plot import save

mpl.use("agg")
PLAN = warmup(2_000) >> cosine(1, 0.1, steps=98_000)


@pytest.fixture
def ax():
    return Figure(figsize=(6.4, 4.8), layout="constrained").subplots()


def said(ax):
    return [text.get_text() for text in ax.texts]


def test_a_plan_is_drawn_at_its_updates(ax):
    assert plot(PLAN, ax=ax) is ax
    line: Any = ax.lines[0]
    assert [(x, y) for x, y in zip(*line.get_data(), strict=True) if y != PLAN(x)] == []
    assert {0, 1_999, 2_000, 99_999} <= set(line.get_xdata())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("update of the optimizer (index, from 0)", "value used")
    assert ax.get_title(loc="left") == "linear(0, 1, steps=2000) >> cosine(1, 0.1, steps=98000)"


def test_by_default_the_axes_are_those_of_a_new_figure():
    first, second = plot(PLAN), plot(PLAN)
    assert first.figure is not second.figure
    plt.close("all")


def test_its_peak_and_floor_are_marked_and_its_phases_named(ax):
    assert said(plot(PLAN, ax=ax)) == ["peak 1", "floor 0.1", "linear", "cosine"]
    assert [line.get_data() for line in ax.lines[1:]] == [([1_999], [1.0]), ([99_999], [0.1])]
    assert [patch.get_x() for patch in ax.patches] == [2_000]


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (constant(1, steps=10), []),
        (warmup(10), ["peak 1"]),
        (linear(1, 0, steps=10), ["peak 0.9", "floor 0"]),
        (zero_based(wsd(10, total_steps=90, decay_steps=20)),
         ["peak 1", "floor 0.02532", "linear", "constant", "one_minus_sqrt"]),
        (until(2 * PLAN * constant(1, steps=4), 3_000), ["peak 2", "floor 2", "linear * constant",
                                                         "cosine * constant"]),
        (maximum(warmup(10) >> cosine(1, 0, steps=90), 0.1), ["peak 1", "floor 0.1", "maximum", "maximum"]),
        (milestones(0.9, milestones=tuple(range(10, 200, 10))), ["peak 1", "floor 0.1351"]),  # too many to be named
        (sgdr(2, cycles=3, growth=2), ["peak 0.9619", "floor 0", "cosine", "cosine", "cosine"]),
        (warmup(1) >> cosine(1, 0, steps=1) >> linear(0, 1, steps=998), ["peak 1", "floor 0", "linear", "linear"]),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_said_in_a_picture(plan, words, ax):
    assert said(plot(plan, ax=ax)) == words


def test_several_plans_have_a_legend_and_no_phases(ax):
    plot(PLAN, {"half": 0.5 * PLAN}, ax=ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [repr(PLAN), "half"]
    assert said(ax) == []
    assert len(ax.lines) == 6


@pytest.mark.parametrize(
    ("unit", "last", "words"),
    [
        ({"tokens_per_step": 1_000}, 99_999_000, "tokens before the update (1000 each)"),
        ({"samples_per_step": 256}, 99_999 * 256, "samples before the update (256 each)"),
        ({"steps_per_epoch": 1_000}, 99.999, "epochs before the update (1000 updates each)"),
    ],
)
def test_below_may_be_tokens_samples_or_epochs(unit, last, words, ax):
    plot(PLAN, ax=ax, **unit)
    assert ax.lines[0].get_xdata()[-1] == pytest.approx(last)
    assert ax.get_xlabel() == words


def test_axes_may_be_logarithmic(ax):
    plot(noam(512, 4_000), ax=ax, log="xy")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.lines[0].get_xdata()[0] == 1
    assert ax.get_xlabel() == "update of the optimizer (number, from 1)"


def test_of_few_updates_each_has_a_dot_and_the_line_follows_the_formula(ax):
    plot(linear(0, 1, steps=2) >> exponential(1, 0.01, steps=2), ax=ax)
    line, dots = ax.lines[:2]
    assert list(dots.get_xdata()) == [0, 1, 2, 3]
    assert list(line.get_xdata())[7:10] == [0.875, 1.0, 2.0]  # not across the seam
    assert line.get_ydata()[13] == pytest.approx(10**-1.5)


@pytest.mark.parametrize("plan", [function(lambda i: [1, 0.5][i], steps=2), noise(constant(1, steps=2), 0.5, seed=0)])
def test_what_has_no_value_between_two_updates_is_a_straight_line_there(plan, ax):
    line: Any = plot(plan, ax=ax).lines[0]
    assert list(line.get_xdata()) == [0, 1]


def test_the_style_is_the_readers():
    with mpl.rc_context({"lines.linewidth": 7, "axes.prop_cycle": cycler(color=["#123456"])}):
        axes = Figure().subplots()
        plot(PLAN, ax=axes)
    assert (axes.lines[0].get_linewidth(), axes.lines[0].get_color()) == (7, "#123456")


def test_what_is_low_is_drawn_from_0_and_what_hardly_moves_is_not(ax):
    assert plot(PLAN, ax=ax).get_ylim()[0] == 0
    assert plot(linear(0.85, 0.95, steps=10), ax=Figure().subplots()).get_ylim()[0] > 0.8
    assert plot(linear(1, -1, steps=10), ax=Figure().subplots()).get_ylim()[0] < -1
    assert plot(constant(0, steps=10), ax=Figure().subplots()).get_ylim() == (0, 1)


@pytest.mark.parametrize("size", [(6.4, 4.8), (4.6, 2.5)])
@pytest.mark.parametrize("plan", [PLAN, warmup(4), wsd(10, total_steps=90, decay_steps=20)], ids=str)
def test_nothing_that_is_said_is_clipped(plan, size):
    figure = Figure(figsize=size, layout="constrained")
    ax = plot(plan, ax=figure.subplots())
    figure.savefig(BytesIO())
    whole = figure.bbox
    for text in (*ax.texts, ax._left_title, ax.xaxis.label, ax.yaxis.label):  # type: ignore[attr-defined]
        box = text.get_window_extent()
        assert whole.x0 <= box.x0 <= box.x1 <= whole.x1, text
        assert whole.y0 <= box.y0 <= box.y1 <= whole.y1, text


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (plot, ValueError, "plot(): there must be a plan to draw"),
        (lambda: plot(PLAN, log="no"), ValueError, "plot(log='no'): log must be one of '', 'x', 'y', 'xy'"),
        (lambda: plot(PLAN, tokens_per_step=1, steps_per_epoch=2), ValueError,
         "plot(steps_per_epoch=2, tokens_per_step=1): one of them must be given"),
        (lambda: plot(PLAN, tokens_per_step=0), ValueError,
         "plot(tokens_per_step=0): tokens_per_step must be a number above 0"),
        (lambda: save("plan.gif", PLAN), ValueError,
         "save(path='plan.gif'): path must end in one of .png, .svg, .pdf, .html"),
    ],
    ids=["nothing", "no axis", "two units", "no tokens", "no such file"],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == words


@pytest.mark.parametrize(("name", "begin"), [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml"), ("a.pdf", b"%PDF")])
def test_a_file_is_of_the_kind_that_its_name_says(name, begin, tmp_path):
    save(tmp_path / name, PLAN)
    assert (tmp_path / name).read_bytes().startswith(begin)


# In a notebook


def test_a_plan_shows_itself_with_its_expression_as_caption():
    shown = PLAN._repr_mimebundle_(include=None, exclude=None)
    assert shown["text/plain"] == repr(PLAN)
    assert re.match(r"<figure><svg .*</svg>\s*<figcaption><code>linear.*</code></figcaption></figure>$",
                    shown["text/html"], re.DOTALL)  # fmt: skip
    assert "&gt;&gt; cosine(1, 0.1, steps=98000)" in shown["text/html"]
    assert len(shown["text/html"]) < 40_000


def test_a_function_of_the_callers_own_is_not_called_for_it():
    assert function(lambda _: 1 / 0)._repr_mimebundle_().keys() == {"text/plain"}


def test_without_matplotlib_the_text_is_shown(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert warmup(4)._repr_mimebundle_() == {"text/plain": "linear(0, 1, steps=4)"}
