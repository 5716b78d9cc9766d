"""The command `preheat`: what it prints, and how it ends."""

import subprocess
import sys

import pytest

import preheat
from preheat.cli import main

BLOCKED = "import sys; sys.modules[{name!r}] = None; from preheat.cli import main; sys.argv[0] = 'preheat'; main()"
HELP = """
import sys
from preheat.cli import main
sys.argv = ["preheat", "demo", "--help"]
try:
    main()
finally:
    assert not {"torch", "numpy", "matplotlib"} & set(sys.modules)
"""


def run(program, *arguments):
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)


def ended(monkeypatch, *arguments):
    """Run `preheat` in this process, and give its exit status."""
    monkeypatch.setattr(sys, "argv", ["preheat", *arguments])
    with pytest.raises(SystemExit) as ending:
        main()
    return ending.value.code


def test_says_its_version(monkeypatch, capsys):
    assert ended(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"preheat {preheat.__version__}\n"


def test_help_names_every_option_and_waits_for_no_heavy_import():
    done = run(HELP)
    assert done.returncode == 0, done.stderr
    for option in ("steps", "seed", "seeds", "device", "out", "threads", "layers", "width", "batch"):
        assert f"--{option} " in done.stdout


@pytest.mark.parametrize("name", ["matplotlib", "torch"])
def test_a_missing_extra_is_one_line_with_the_command_that_installs_it(name, tmp_path):
    done = run(BLOCKED.format(name=name), "demo", "--out", str(tmp_path))
    assert done.stderr == f'preheat demo needs {name}: pip install "preheat[all]"\n'
    assert done.returncode == 2


def test_so_is_a_missing_typer():
    done = run(BLOCKED.format(name="typer"), "demo")
    assert done.stderr == 'preheat needs typer: pip install "preheat[all]"\n'
    assert done.returncode == 2


def test_so_is_a_missing_rich(tmp_path):
    done = run(BLOCKED.format(name="rich"), "demo", "--out", str(tmp_path))
    assert done.stderr.endswith('needs rich: pip install "preheat[all]"\n')
    assert done.stderr.count("\n") == 1
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--steps", "0"], "demo(steps=0): steps must be a whole number, from 1 up to 2**53"),
        (["--steps", "many"], "demo(steps='many'): steps must be a whole number"),
        (["--seed", "-1"], "demo(seed=-1): seed must be a whole number, from 0 up to 2**53"),
        (["--width", "18"], "demo(width=18): width must be a multiple of 4, the number of attention heads"),
        (["--out", __file__], f"demo(out={__file__!r}): out must be a folder that can be written"),
        (["--device", "abacus"], "demo(device='abacus'): device must be one that torch can use here, such as 'cpu'"),
        (["--device", "meta"], "demo(device='meta'): device must be one that torch can use here, such as 'cpu'"),
    ],
)
def test_a_bad_option_is_one_sentence(monkeypatch, capsys, tmp_path, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    assert ended(monkeypatch, "demo", *arguments) == 2
    assert capsys.readouterr().err == sentence + "\n"
