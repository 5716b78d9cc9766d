"""Wrong calls of `preheat` are told in a line or two; shells and pipes; what a command imports."""

import os
import subprocess
import sys

import pytest

from terminal import MAIN, piped

TEXT = "warmup(100) >> cosine(1, 0.1, steps=900)"
NOT_COSINE = "'cosin' must be the name of a shape; did you mean 'cosine'?"
NO_LENGTH = (
    'warmup(steps=-1): steps must be a whole number of updates, from 0 up to 2**53, or a text such as "3ep" or "5%"'
)
BLOCKED = "import sys; sys.modules[{name!r}] = None; from preheat.cli import main; sys.argv[0] = 'preheat'; main()"


def run(program, *arguments):
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "warmup(9) >> cosin(1, 0, steps=9)"],
         f"parse: line 1, column 14: {NOT_COSINE}\n  here: cosin(1, 0, steps=9)"),
        (["show", "warmup(-1)"],
         f"parse: line 1, column 1: {NO_LENGTH}\n  here: warmup(-1)"),
        (["show", 'warmup("5%")'], '--total-steps must be given, for "5%"'),
        (["rank", "constant(1)", 'warmup("auto") >> cosine(1, 0, steps="rest")'],
         '--total-steps and --beta2 must be given, for "auto" and "rest"'),
        (["resolve", 'warmup("auto")', "--beta2", "2"],
         "resolve(beta2=2.0): beta2 must be a number between 0 and 1, ends excluded"),
        (["rank", "constant(1)"], "rank(total_steps=None): --total-steps must be given where no plan has an end"),
        (["rank", "constant(0)", "--total-steps", "3"],
         "bound(plan=constant(0)): plan must have a value above 0 in its first 3 updates"),
        (["show"], "preheat show: missing argument 'TEXT'; `preheat show --help` says more"),
        (["qqq"], "preheat: no such command 'qqq'; `preheat --help` says more"),
        (["show", TEXT, "--qqq"], "preheat show: no such option '--qqq'; `preheat show --help` says more"),
        (["show", "@gone.txt"], "preheat show: TEXT @gone.txt: no such file or directory"),
        (["show", TEXT, "--total-steps", "0"], "--total-steps 0: it must be a whole number, 1 or more"),
        (["show", TEXT, "--total-steps", "many"], "--total-steps many: it must be a whole number, 1 or more"),
        (["show", TEXT, "--import", "nowhere"],
         "--import nowhere: it must be a module that can be imported here; No module named 'nowhere'"),
        (["plot", TEXT, "-o", "x.gif"], "save(path='x.gif'): path must end in one of .png, .svg, .pdf, .html"),
        (["table", TEXT, "--csv", "--json"], "table(--csv --json): one of the two must be left out"),
        (["table", TEXT, "--at", "a"], "table(at='a'): --at must be updates such as 0,99,500 or 0:1000:100"),
        (["table", TEXT, "--at", "0:9:0"], "table(at='0:9:0'): --at must be updates such as 0,99,500 or 0:1000:100"),
        (["table", "noam(4, 4)"], "table(at=None): --at or --total-steps must be given for an endless plan"),
        (["shapes", "cosin"], "shapes(name='cosin'): name must be the name of a shape; did you mean 'cosine'?"),
        (["like", "torch.SteLR"],
         "like(name='torch.SteLR'): name must be a schedule that preheat.like has; did you mean torch.StepLR?"),
        (["like", "x"], "like(name='x'): name must be a schedule that preheat.like has; `preheat like` lists them"),
        (["like", "torch.StepLR", "30"], "like('30'): a parameter must be given as NAME=VALUE"),
        (["like", "torch.StepLR", "step=30"],
         "StepLR(step=...): step must be a parameter of it; it takes StepLR(step_size, gamma=0.1)"),
        (["inspect", "gone.pt"], "preheat inspect: gone.pt: no such file or directory"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_two_lines_at_most_and_ends_with_2(arguments, sentence):
    assert piped(*arguments) == (2, "", f"{sentence}\n")


# The demo, and what is not installed


def test_help_names_every_option():
    for option in ("steps", "seed", "device", "out", "threads", "layers", "width", "batch"):
        assert f"--{option} " in piped("demo", "--help")[1]


@pytest.mark.parametrize("name", ["matplotlib", "torch"])
def test_a_missing_extra_is_one_line_with_the_command_that_installs_it(name, tmp_path):
    done = run(BLOCKED.format(name=name), "demo", "--out", str(tmp_path))
    assert done.stderr == f'preheat demo needs {name}: pip install "preheat[all]"\n'
    assert done.returncode == 2


def test_so_is_a_missing_click():
    done = run(BLOCKED.format(name="click"), "show", TEXT)
    assert done.stderr == 'preheat needs click: pip install "preheat[cli]"\n'
    assert done.returncode == 2


def test_so_is_the_library_that_draws(tmp_path):
    done = run(BLOCKED.format(name="plotly"), "plot", TEXT, "-o", str(tmp_path / "x.html"))
    assert done.stderr == 'preheat needs plotly: pip install "preheat[html]"\n'
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--steps", "0"], "--steps 0: it must be a whole number, 1 or more"),
        (["--steps", "many"], "--steps many: it must be a whole number, 1 or more"),
        (["--seed", "-1"], "--seed -1: it must be a whole number, 0 or more"),
        (["--width", "18"], "--width 18: it must be a multiple of 4, the number of attention heads"),
        (["--out", __file__],
         f"preheat demo: invalid value for '--out': Directory {__file__!r} is a file; `preheat demo --help` says more"),
        (["--device", "abacus"], "demo(device='abacus'): device must be one that torch can use here, such as 'cpu'"),
        (["--device", "meta"], "demo(device='meta'): device must be one that torch can use here, such as 'cpu'"),
    ],
)  # fmt: skip
def test_a_bad_option_is_one_sentence(monkeypatch, tmp_path, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    status, _, err = piped("demo", *arguments)
    assert (status, err) == (2, f"{sentence}\n")


# In shells and pipes; imports


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell):
    assert "_PREHEAT_COMPLETE" in piped("--completion", shell)[1]


@pytest.mark.parametrize(
    ("typed", "found"),
    [("preheat in", "inspect"), ("preheat shapes one_cycle_", "one_cycle_momentum"),
     ("preheat like torch.Step", "torch.StepLR"), ("preheat lint x --steps", "--steps-per-epoch")],
)  # fmt: skip
def test_commands_names_and_options_are_completed(typed, found):
    environment = os.environ | {
        "_PREHEAT_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", MAIN], env=environment, capture_output=True, text=True, check=False)
    assert found in done.stdout


def test_a_reader_that_leaves_early_is_no_error():
    command = [sys.executable, "-c", MAIN, "table", "warmup(1_000_000)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(60) == 0


def test_a_pipe_gets_ascii_where_it_can_take_no_more():
    command = [sys.executable, "-c", MAIN, "show", TEXT]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"+----" in done.stdout


LIGHT = """
import sys
from preheat.cli import main
sys.argv = ["preheat", *{arguments!r}]
try:
    main()
finally:
    sys.stderr.write(" ".join({names!r} & set(sys.modules)))
"""
HEAVY = {"torch", "numpy", "matplotlib", "plotly", "pydantic", "rich"}  # these take longer than the command itself


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["show", TEXT], HEAVY | {"preheat.like.torch", "preheat.theory", "preheat.demo", "pathlib"}),
        (["--help"], HEAVY | {"plotille", "preheat.like.torch"}),
        (["lint", TEXT], HEAVY | {"plotille"}),
        (["demo", "--help"], HEAVY | {"plotille"}),
    ],
)
def test_a_command_imports_nothing_that_it_does_not_need(arguments, names):
    assert run(LIGHT.format(arguments=arguments, names=names)).stderr == ""
