"""Exported code is what a careful person writes: formatted, checked, short, and honest about what it lacks."""

import subprocess
import sys
from pathlib import Path

import pytest

from exporting import COMBINED
from preheat import constant, export, linear, noise, sgdr, table, warmup, zero_based
from preheat._export import TARGETS
from preheat._export.request import LONGEST_TEXT
from preheat._plan import VOCABULARY, joined
from promises import CATALOGUE, samples

ROOT = Path(__file__).parents[2]
FOR_SCRIPTS = "INP001,T201,PLR2004"  # numbers in a formula are the formula
DECAYS = [make for make in CATALOGUE if make.__name__ != "chebyshev"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A file of every target for plans of every kind."""
    path = tmp_path_factory.mktemp("exported")
    for k, plan in enumerate([*COMBINED, *(samples(make)[0] for make in CATALOGUE)]):
        for to in ("python", "torch", "numpy", *(TARGETS if k % 9 == 0 else ())):
            if to != "javascript":
                code = export(plan, to=to, lr=(3e-4, True)[k % 2] if k % 3 or to in {"optax", "keras"} else None)
                (path / f"{to}_{k}.py").write_text(code, "utf-8")
    return path


def run(*command):
    return subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False, cwd=ROOT)


def test_it_is_as_ruff_formats_it(folder):
    done = run("ruff", "format", "--no-cache", "--diff", "--line-length", "88", str(folder))
    assert done.returncode == 0, done.stdout[:2000]


def test_it_passes_ruff_check(folder):
    options = ("--no-cache", "--config", "pyproject.toml", "--line-length", "88", "--extend-ignore", FOR_SCRIPTS)
    done = run("ruff", "check", *options, "--output-format", "concise", str(folder))
    assert done.returncode == 0, done.stdout[:2000]


def test_python_and_torch_pass_mypy_strict(folder):
    files = [str(path) for to in ("python", "torch") for path in sorted(folder.glob(f"{to}_*.py"))]
    done = run(
        "mypy", "--strict", "--config-file", "", "--cache-dir", str(folder / "cache"), "--scripts-are-modules", *files
    )
    assert done.returncode == 0, done.stdout[:2000]


def body_of(code, name="schedule"):
    """The lines of a function, its docstring left out."""
    function = code.partition(f"def {name}(")[2].partition("\n\n\n")[0]
    return [line for line in function.partition('"""')[2].partition('"""')[2].split("\n") if line.strip()]


@pytest.mark.parametrize("make", DECAYS)
def test_a_warm_up_with_any_decay_has_twelve_lines(make):
    code = export(warmup(2_000) >> samples(make)[0], to="python")
    assert len(body_of(code)) <= 12, code


def test_no_dead_terms_are_left():
    code = export(warmup(10) >> constant(1), to="python")
    assert body_of(code) == ["    if step < 10:", "        return (step + 1) / 10", "    return 1.0"]
    assert body_of(export(zero_based(linear(1, 0, steps=4)), to="python")) == ["    return (4 - min(step, 4)) / 4"]


def test_many_pieces_are_searched_and_a_table_is_a_list():
    code = export(sgdr(10, cycles=40, growth=1.1, decay=0.9), to="python")
    assert "bisect_right(STARTS, step)" in code
    assert code.count("if ") <= 2
    assert "VALUES = [1, 0.5, 0.1]" in export(table((1, 0.5, 0.1)), to="python")


def test_pieces_that_come_again_are_arithmetic():
    assert "step % 10" in export(sgdr(10, cycles=4), to="python")
    assert "step % 10" in export(joined(">>", *(linear(0, 1, steps=10) for _ in range(500))), to="python")


def test_noise_brings_its_hash():
    assert "def mixed(x: int) -> int:" in export(noise(warmup(10), 0.1, seed=1), to="python")


def test_the_docstring_bears_the_plan_or_how_it_begins():
    plan = warmup(10) >> linear(1, 0, steps=90)
    assert repr(plan) in export(plan)
    long = joined(">>", *(linear(k, 0, steps=10) for k in range(100)))
    code = export(long)
    begun = code.partition("counted from 0.")[2].partition('"""')[0]
    assert begun.split() == f"{repr(long)[:LONGEST_TEXT].rpartition(' ')[0]} ... (100 pieces in all)".split()


def test_it_says_what_is_left_behind():
    code = " ".join(export(warmup(10)).split())
    for words in ("The first call is update 0", "resuming in any order", "updates that were applied", "lint",
                  "LambdaLR counts its own calls of step()"):  # fmt: skip
        assert words in code


def test_javascript_is_a_module_of_one_function():
    code = export(sgdr(10, cycles=40, growth=1.1), to="javascript")
    assert code.count("export function schedule(step) {") == 1
    assert code.count("{") == code.count("}")
    assert not {" and ", " or ", " if (", "None", "np."} & set(code.split("*/")[1])
    assert max(map(len, code.split("\n"))) <= 88


def test_long_products_are_floats_as_in_the_plan():
    plan = VOCABULARY["sigmoid"](0.1, 1, steps=2**40)
    assert "i = float(step)" in export(plan, to="python")
