"""The experiments: figures that need no training, what is kept of those that do, and going on after an interruption."""

import doctest
import json
from dataclasses import replace

import pytest
import torch

from experiments import _report, decay_shapes, higher_peak, last_iterate_bound, longer_horizon, post_ln, untuned_warmups
from experiments._all import NAMES
from experiments._models import Task, text
from experiments._page import HERE, MARK, page
from experiments._report import Claim, Report, Row, shown
from experiments._runs import RESULTS, Setting, kept, trained
from preheat import constant, parse, warmup

TRAINED = {"post_ln": post_ln, "higher_peak": higher_peak, "decay_shapes": decay_shapes}
COMPUTED = {
    "untuned_warmups": untuned_warmups,
    "last_iterate_bound": last_iterate_bound,
    "longer_horizon": longer_horizon,
}


def plain(report):
    """As a file has it."""
    return json.loads(json.dumps(report.plain()))


@pytest.mark.parametrize("name", COMPUTED)
def test_what_is_computed_is_what_is_kept(name):
    report, file = plain(COMPUTED[name].report([])), kept(name).report
    assert report["claims"] == file["claims"]
    assert all(claim["holds"] for claim in file["claims"])
    for mine, theirs in zip(report["rows"], file["rows"], strict=True):
        assert mine["ours"] == pytest.approx(theirs["ours"], rel=1e-5)


def test_the_effective_warm_ups_are_those_of_the_formulas():
    rows = {row.what: row.ours[0] for row in untuned_warmups.report([]).rows}
    assert rows["RAdam, beta2 0.999"] == pytest.approx(1033.3, abs=0.1)
    assert rows["untuned exponential, beta2 0.999"] == pytest.approx(999.5, abs=0.1)
    assert rows["untuned linear, beta2 0.98"] == pytest.approx(49.5, abs=0.1)


def test_the_bounds_are_those_of_the_papers():
    rows = {row.what: row.ours[0] for row in last_iterate_bound.report([]).rows}
    assert rows["constant"] == pytest.approx(3.142, abs=1e-3)
    assert rows["WSD, last 20 % 1-sqrt"] == pytest.approx(2.129, abs=1e-3)
    assert rows["best scale, linear to zero"] == pytest.approx(0.999, abs=1e-3)


def test_the_factors_of_longer_horizons_are_the_published_ones():
    assert [row.ours[0] for row in longer_horizon.report([]).rows[:2]] == pytest.approx([0.525, 0.375])


@pytest.mark.parametrize("name", TRAINED)
def test_the_report_that_is_kept_is_that_of_the_runs_that_are_kept(name):
    file = kept(name)
    report = plain(TRAINED[name].report(file.runs))
    assert report["claims"] == file.report["claims"]
    for mine, theirs in zip(report["rows"], file.report["rows"], strict=True):
        assert mine["ours"] == pytest.approx(theirs["ours"], abs=1e-5)


@pytest.mark.parametrize("name", TRAINED)
def test_every_run_that_is_kept_says_its_setting(name):
    for run in kept(name).runs:
        assert repr(parse(run.plan)) == run.plan
        assert f"at {run.lr:g}; {run.plan}; {run.steps} updates; seed {run.seed}" in run.key


def test_every_file_says_with_which_versions():
    for name in NAMES:
        content = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
        assert content["versions"].keys() == {"preheat", "torch", "python"}


def test_the_readme_has_the_figures_that_are_kept():
    assert (HERE / "README.md").read_text("utf-8").partition(MARK)[2] == f"\n{page()}", "run `python -m experiments`"


def lines(seen):
    """A task of one weight, which notes every batch drawn."""

    def example(draws):
        seen.append(None)
        x = torch.rand(4, 1, generator=draws)
        return x, (x[:, 0] > 0.5).long()

    return Task("a line", lambda: torch.nn.Linear(1, 2), example, [(torch.tensor([[0.9]]), torch.tensor([1]))], 0.69)


def settings(task):
    return [Setting("a", task, warmup(2) >> constant(1), 0.1, 5, seed) for seed in range(3)]


def test_a_run_that_is_stopped_in_between_goes_on_where_it_was(tmp_path):
    seen: list[None] = []
    task = lines(seen)

    def stopped(draws):
        if len(seen) == 7:  # inside the second run
            raise KeyboardInterrupt
        return task.example(draws)

    with pytest.raises(KeyboardInterrupt):
        kept("x", tmp_path).train(settings(replace(task, example=stopped)))
    assert [run.seed for run in kept("x", tmp_path).runs] == [0]

    seen.clear()
    found = kept("x", tmp_path).train(settings(task))
    assert len(seen) == 2 * 5
    assert [run.loss for run in found] == pytest.approx([trained(one).loss for one in settings(task)], rel=1e-5)


@pytest.mark.parametrize(
    "change",
    [{"lr": 0.2}, {"plan": constant(1)}, {"steps": 6}, {"seed": 9}, {"optimizer": "RAdam"}, {"device": "cuda"}],
)
def test_another_setting_is_another_run(change):
    first = settings(lines([]))[0]
    assert replace(first, **change).key != first.key


def test_a_loss_that_is_no_number_is_kept_as_infinite(tmp_path):
    task = replace(lines([]), held_out=[(torch.tensor([[float("nan")]]), torch.tensor([1]))])
    file = kept("x", tmp_path)
    assert file.train(settings(task)[:1])[0].loss == float("inf")
    assert kept("x", tmp_path).runs[0].loss == float("inf")


def test_the_first_gradient_squared_is_the_second_moment_that_gi_adam_starts_from():
    task, ends = lines([]), []

    def note(model):
        ends.append(model.weight.detach().clone())
        return 0.0

    model, (seen, right) = task.start(0), next(task.batches(0))
    torch.nn.functional.cross_entropy(model(seen), right).backward()
    expected = model.weight - 0.1 * model.weight.grad.sign() * (1 - 0.98) ** 0.5
    trained(Setting("", replace(task, score=note), constant(1), 0.1, 1, 0, "GI-Adam"))
    assert torch.allclose(ends[-1], expected, atol=1e-6)


def test_the_first_loss_of_a_language_model_is_that_of_its_seed():
    task = text("pre", layers=2, width=8, batch=2)
    task = replace(task, held_out=task.held_out[:1])
    first, again, other = (task.judge(task.start(seed)) for seed in (0, 0, 1))
    assert first == again != other


def test_a_report_prints_figures_beside_the_expected_and_what_does_not_hold():
    report = Report("nats", [Row("a", 1.5, [1.25, float("inf")])], [Claim("a is low", "1.25", holds=False)])
    assert str(report) == "nats   expected  ours\na           1.5  1.25  inf\n\nDOES NOT HOLD: a is low; measured: 1.25"
    assert shown([None]) == ""


def test_every_experiment_is_kept_with_its_figures_and_its_picture():
    for name in NAMES:
        assert kept(name).report["claims"]
        assert (RESULTS / f"{name}.png").exists()


def test_the_examples_of_a_report_are_true():
    tried = doctest.testmod(_report)
    assert tried.attempted == 2
    assert tried.failed == 0
