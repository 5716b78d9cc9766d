"""Each example is short, runs in seconds, and says what it shows."""

import ast
import runpy
from pathlib import Path

import pytest
import torch

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))

every_example = pytest.mark.parametrize("example", [pytest.param(example, id=example.stem) for example in EXAMPLES])


@every_example
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")  # what torch does to itself when it compiles
def test_an_example_runs_and_shows_something(example, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(example), run_name="__main__")
    torch.compiler.reset()  # it remembers what it did not compile, for whoever comes next
    shown = capsys.readouterr().out
    assert shown
    assert "False" not in shown, "an example compares what is equal"


@every_example
def test_an_example_fits_on_a_screen(example):
    assert len(example.read_text("utf-8").splitlines()) < 40


@every_example
def test_an_example_begins_with_the_sentence_that_names_it(example):
    assert (ast.get_docstring(ast.parse(example.read_text("utf-8"))) or "").partition("\n")[0].endswith((".", ":"))


def test_the_examples_are_numbered_without_a_gap():
    assert [int(example.name[:2]) for example in EXAMPLES] == list(range(1, len(EXAMPLES) + 1))
