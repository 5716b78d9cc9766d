"""The command `preheat`: what it prints in a pipe, and how it ends."""

import json
import subprocess
import sys

import pytest

import preheat
from preheat import cosine, linear, noam, parse, resolve, warmup
from preheat._plan import VOCABULARY
from preheat.theory import CAVEAT
from terminal import MAIN, piped

TEXT = "warmup(100) >> cosine(1, 0.1, steps=900)"
PLAN = "linear(0, 1, steps=100) >> cosine(1, 0.1, steps=900)"
COMMANDS = ("show", "plot", "table", "diff", "lint", "rank", "resolve", "like", "shapes", "inspect", "export", "demo")


def test_says_its_version():
    assert piped("--version") == (0, f"preheat {preheat.__version__}\n", "")


def test_alone_it_shows_its_help_and_ends_with_2():
    status, out, err = piped()
    assert (status, err) == (2, "")
    for command in COMMANDS:
        assert f"\n  {command} " in out


def test_each_command_has_help_in_80_columns_with_an_example():
    for command in COMMANDS:
        status, out, _ = piped(command, "--help")
        assert status == 0
        assert f"Examples:\n    preheat {command}" in out
        assert max(map(len, out.splitlines())) <= 80


# TEXT


@pytest.mark.parametrize("text", [TEXT, "-", "@plan.txt"])
def test_a_plan_is_read_from_the_argument_a_file_or_the_standard_input(tmp_path, monkeypatch, text):
    (tmp_path / "plan.txt").write_text(f"{TEXT}\n")
    monkeypatch.chdir(tmp_path)
    assert piped("resolve", text, stdin=f"\n{TEXT}\n") == (0, f"{PLAN}\n", "")


def test_a_module_of_ones_own_brings_its_shapes(tmp_path):
    (tmp_path / "curves.py").write_text(
        "from preheat.shapes import Number, Steps, Time, Value, shape\n"
        "@shape\ndef sagging(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:\n"
        "    return end + (start - end) * ((steps - t) / steps) ** 2\n"
    )
    command = [sys.executable, "-c", MAIN, "table", "sagging(1, 0, steps=2)", "--csv", "--import", "curves"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "update,value\n0,0.25\n1,0.0\n", "")


def test_lengths_in_other_units_become_updates():
    text = 'warmup("5%") >> constant(1, steps="3ep") >> cosine(1, 0, steps="rest")'
    said = piped("resolve", text, "--total-steps", "1e3", "--steps-per-epoch", "100")[1]
    assert parse(said) == resolve(parse(text), total_steps=1000, steps_per_epoch=100)
    assert said == "linear(0, 1, steps=50) >> constant(1, steps=300) >> cosine(1, 0, steps=650)\n"


def test_auto_takes_the_beta2_that_it_is_given():
    assert piped("resolve", 'warmup("auto")', "--beta2", "0.98") == (0, "linear(0, 1, steps=100)\n", "")


# What each command prints


def test_show_prints_the_plan_its_curve_its_key_points_and_the_findings():
    status, out, err = piped("show", TEXT, "--total-steps", "50")
    title, curve, points, findings = out.split("\n\n")
    assert (status, err, title) == (0, "", PLAN)
    assert max(map(len, curve.splitlines())) <= 80
    assert "update (index, from 0)" in curve
    assert points.splitlines()[:2] == ["update  value  piece", "     0   0.01  linear(0, 1, steps=100)"]
    assert findings.startswith("wrong: its warm-up takes 100 updates and the run has 50, so it reaches 0.5 of 1;")


def test_table_prints_each_update():
    assert piped("table", "warmup(3)")[1].split() == ["update", "value", "0", "0.333333", "1", "0.666667", "2", "1"]


def test_table_prints_all_digits_as_csv_and_as_json():
    plan = warmup(3)
    status, out, _ = piped("table", "warmup(3)", "--csv")
    assert (status, out) == (0, f"update,value\n0,{plan(0)!r}\n1,{plan(1)!r}\n2,1.0\n")
    _, out, _ = piped("table", "warmup(3)", "--json")
    assert json.loads(out) == [{"update": i, "value": plan(i)} for i in range(3)]


@pytest.mark.parametrize(
    ("at", "updates"), [("7", [7]), ("0,99,500", [0, 99, 500]), ("0:6:2", [0, 2, 4]), ("3,8:10", [3, 8, 9])]
)
def test_table_prints_the_updates_that_are_asked_for(at, updates):
    out = piped("table", "noam(512, 4_000)", "--csv", "--at", at)[1]
    assert out.splitlines()[1:] == [f"{i},{noam(512, 4_000)(i)!r}" for i in updates]


def test_table_prints_as_much_of_an_endless_plan_as_the_run_takes():
    assert len(piped("table", "noam(512, 4_000)", "--total-steps", "5")[1].splitlines()) == 6


def test_diff_ends_with_1_where_plans_differ():
    status, out, _ = piped("diff", "linear(1, 0, steps=100)", "cosine(1, 0, steps=100)")
    assert (status, out.splitlines()[0]) == (1, "differ first at update 0, by 0.1053 at most")
    assert piped("diff", "warmup(8)", "linear(0, 1, steps=8)")[0] == 0


def test_rank_puts_the_smallest_bound_first_and_says_what_it_does_not_know():
    status, out, err = piped("rank", "constant(1)", "linear(1, 0, steps=100)", 'cosine(1, 0, steps="rest")',
                             "--total-steps", "100")  # fmt: skip
    table, caveat = out.split("\n\n")
    assert (status, err) == (0, "")
    assert table.splitlines() == [
        "     bound  best scale  plan",
        "    0.2047     0.09871  linear(1, 0, steps=100)",
        "    0.2102     0.09609  cosine(1, 0, steps=100)",
        "    0.2485     0.04023  constant(1)",
    ]
    assert " ".join(caveat.split()) == CAVEAT
    assert max(map(len, caveat.splitlines())) <= 80


def test_rank_takes_the_longest_plan_for_the_run():
    out = piped("rank", "constant(1)", "warmup(40)", "linear(1, 0, steps=100)")[1]
    assert out.splitlines()[1] == "    0.2047     0.09871  linear(1, 0, steps=100)"


@pytest.mark.parametrize(
    ("options", "status"),
    [([], 1), (["--fail-on", "note"], 1), (["--fail-on", "none"], 0), (["--ignore", "peak-unreached"], 0),
     (["--ignore", "peak-unreached", "--fail-on", "note"], 1)],
)  # fmt: skip
def test_lint_ends_with_1_on_what_it_is_told_to_fail_on(options, status):
    ended, out, _ = piped("lint", "zero_based(warmup(10)) >> constant(0.5)", *options)
    assert ended == status
    assert ("wrong: " in out) == ("--ignore" not in options)
    assert "note: its first value is 0" in out


def test_lint_says_so_where_nothing_is_found():
    assert piped("lint", TEXT, "--total-steps", "1000") == (0, "nothing found\n", "")


def test_plot_writes_a_file(tmp_path):
    picture = tmp_path / "both.svg"
    assert piped("plot", TEXT, "warmup(9)", "-o", str(picture)) == (0, f"wrote {picture}\n", "")
    assert "<svg" in picture.read_text("utf-8")


def test_plot_draws_without_a_file():
    out = piped("plot", TEXT, "warmup(9)")[1]
    assert out.splitlines()[-2:] == [f"a {PLAN}", "b linear(0, 1, steps=9)"]


def test_like_prints_the_plan_of_a_peers_schedule():
    name = "transformers.get_linear_schedule_with_warmup"
    out = piped("like", name, "num_warmup_steps=100", "num_training_steps=1_000")[1]
    assert parse(out).values(1000) == preheat.zero_based(warmup(100) >> linear(1, 0, steps=900)).values()


def test_like_reads_lists_and_texts():
    assert parse(piped("like", "torch.MultiStepLR", "milestones=[2, 3]", "gamma=0.5")[1])(3) == 0.25
    assert piped("like", "torch.OneCycleLR", "max_lr=1", "total_steps=9", "anneal_strategy=linear")[0] == 0


def test_like_lists_all_there_are_and_explains_one():
    known = piped("like")[1].split()
    assert {"torch.CosineAnnealingLR", "transformers.get_cosine_schedule_with_warmup"} <= set(known)
    assert piped("like", "torch.StepLR")[1].startswith("torch.StepLR(step_size, gamma=0.1)\n\nMultiplied by `gamma`")


def test_shapes_lists_every_word_in_80_columns():
    lines = piped("shapes")[1].splitlines()
    assert {line.split()[0] for line in lines if line.startswith("  ")} == set(VOCABULARY)
    assert max(map(len, lines)) <= 80


def test_shapes_explains_one_with_its_curve_and_its_source():
    out = piped("shapes", "cosine")[1]
    assert out.startswith("cosine(start, end, *, steps)\n\nHalf a cosine wave")
    assert "Source: Loshchilov and Hutter 2016 (arXiv:1608.03983), equation 5." in out
    assert f"\n{cosine(1, 0, steps=4)}\n\n0.854 ┤" in out


@pytest.mark.parametrize("name", sorted(VOCABULARY))
def test_shapes_explains_each_word(name):
    status, out, err = piped("shapes", name)
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines()[1:])) <= 80
