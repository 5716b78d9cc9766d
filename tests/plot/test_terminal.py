"""Curves of characters."""

import re
import subprocess
import sys

import pytest

from preheat import constant, cosine, linear, noam, warmup, zero_based
from preheat._plot import terminal

PLAN = warmup(20) >> cosine(1, 0, steps=80)
LONG = warmup(2_000) >> cosine(1, 0.1, steps=98_000)


def test_a_plan_is_drawn_in_braille():
    assert terminal(PLAN, width=44, height=7).split("\n") == PICTURE


PICTURE = [
    "   1 ┤       ⡔⠒⠒⠢⠤⢄⣀",
    "     │     ⢀⠜       ⠉⠒⠦⢄",
    "0.75 ┤    ⢠⠊            ⠉⠓⢤⡀",
    " 0.5 ┤   ⡠⠃                ⠈⠓⠢⣀",
    "0.25 ┤  ⡸                      ⠑⠢⢄⡀",
    "     │ ⡎                          ⠉⠑⠢⢄⣀",
    "   0 ┤⠈                                ⠉⠉⠒⠒⠒",
    "     └┬────────┬─────────┬────────┬────────┬",
    "      0       25        50       74       99",
    "              update (index, from 0)",
]


@pytest.mark.parametrize("log", ["", "x", "y", "xy"])
@pytest.mark.parametrize(
    "plan", [PLAN, LONG, noam(512, 4_000), constant(1), constant(0), linear(-1, 1, steps=8)], ids=str
)
def test_it_fits_80_columns_and_is_as_high_as_is_asked(plan, log):
    lines = terminal(plan, log=log).split("\n")
    assert max(map(len, lines)) <= 80
    assert len(lines) == 18 + 3


def test_ascii_alone_is_enough():
    drawn = terminal(LONG, {"half": 0.5 * LONG}, ascii=True)
    assert drawn.isascii()
    assert terminal(PLAN, ascii=True).isascii()
    assert set(terminal(PLAN, ascii=True).split("\n")[0]) == set("   1 + ':.")


def test_several_plans_have_letters_and_a_legend():
    lines = terminal(LONG, {"half": 0.5 * LONG}, height=8).split("\n")
    assert lines[-2:] == ["a linear(0, 1, steps=2000) >> cosine(1, 0.1, steps=98000)", "b half"]
    assert "a" in lines[0]
    assert "b" not in lines[0]
    assert "b" in lines[4]


def test_or_colours_which_change_no_character():
    drawn = terminal(LONG, {"half": 0.5 * LONG}, colour=True)
    assert drawn.startswith("   1 ┤  \x1b[36m⡖")
    assert drawn.endswith("\x1b[33m⠤\x1b[0m half")
    plain = re.sub(r"\x1b\[\d+m", "", drawn)
    assert max(map(len, plain.split("\n"))) <= 80
    assert re.sub(r"\x1b\[\d+m", "", terminal(PLAN, colour=True)) == terminal(PLAN)


def test_a_long_expression_is_cut_to_the_width():
    lines = terminal(LONG, zero_based(0.5 * (LONG >> LONG)), width=40).split("\n")
    assert lines[-1] == "b 0.5 * zero_based(linear(0, 1, steps..." or len(lines[-1]) == 40
    assert lines[-1].endswith("...")


def test_no_more_than_is_asked_is_drawn():
    assert terminal(LONG, n=1_001).split("\n")[-2].split() == ["0", "250", "500", "750", "1000"]


def test_of_few_updates_each_has_its_label_once():
    assert terminal(warmup(4)).split("\n")[-2].split() == ["0", "1", "2", "3"]
    assert terminal(warmup(1)).split("\n")[-2].split() == ["0", "1"]


def test_updates_on_a_logarithmic_axis_count_from_1():
    lines = terminal(warmup(1_000), log="x").split("\n")
    assert lines[-2].split() == ["1", "6", "32", "178", "1000"]
    assert lines[-1].strip() == "number of the update, from 1"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (terminal, ValueError, "terminal(): there must be a plan to draw"),
        (lambda: terminal(PLAN, width=20), ValueError, "terminal(width=20): width must be at least 30"),
        (lambda: terminal(PLAN, height=4), ValueError, "terminal(height=4): height must be at least 5"),
        (lambda: terminal(PLAN, width="80"), TypeError,  # type: ignore[arg-type]
         "terminal(width='80'): width must be a whole number, from 1 up to 2**53"),
        (lambda: terminal(PLAN, n=0), ValueError, "terminal(n=0): n must be a whole number, from 1 up to 2**53"),
        (lambda: terminal(PLAN, log="z"), ValueError, "terminal(log='z'): log must be one of '', 'x', 'y', 'xy'"),
        (lambda: terminal(1), TypeError, "terminal(plan=1): plan must be a plan"),  # type: ignore[arg-type]
    ],
    ids=["nothing", "narrow", "low", "a text", "no update", "no axis", "no plan"],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == words


def test_it_imports_neither_arrays_nor_matplotlib():
    code = (
        "import sys\nfrom preheat import warmup\nfrom preheat._plot import terminal\nterminal(warmup(9))\n"
        "print(sorted({'numpy', 'torch', 'matplotlib', 'PIL', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
