"""`preheat inspect`: where another person's checkpoint stands, and what it will do next."""

import json
import subprocess
import sys
import warnings
from collections import Counter

import pytest
import torch
from torch.optim import lr_scheduler as of_torch

import write_forms
from preheat import cosine, linear, noam, warmup, zero_based
from preheat.torch import NoamOpt, Scheduler
from terminal import piped


@pytest.fixture
def told(tmp_path):
    """What `preheat inspect` prints of something saved: its lines."""

    def inspect(held, *options, status=0):
        torch.save(held, tmp_path / "last.ckpt")
        ended, out, err = piped("inspect", str(tmp_path / "last.ckpt"), *options)
        assert ended == status, err
        return (out if status == 0 else err).splitlines()

    return inspect


def values(lines, column=1):
    """The table that was printed: what is used by each update."""
    start = max(k for k, line in enumerate(lines) if not line) + 1
    rows = [line.split() for line in lines[start:]]
    return {int(row[0]): float(row[column]) for row in rows if row[0].isdigit()}


def sgd(lr=0.1, groups=1):
    parameters = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr / (k + 1)} for k in range(groups)]
    return torch.optim.SGD(parameters, momentum=0.9)


def run(optimizer, scheduler, updates):
    """Apply so many updates, and give the lr that each of them used."""
    used = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of schedulers inside schedulers
        for _ in range(updates):
            used.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    return used


# Ours


def test_where_a_run_of_ours_stands_and_what_it_does_next(told):
    optimizer = sgd()
    scheduler = Scheduler(optimizer, warmup(4) >> cosine(1, 0.1, steps=36))
    before = run(optimizer, scheduler, 10)
    lines = told({"epoch": 1, "parts": [{"schedule": scheduler.state_dict()}], "optimizer": optimizer.state_dict()})
    assert lines[:4] == [
        "last.ckpt, parts[0].schedule: a scheduler's state, preheat's",
        "  updates done: 10",
        "  lr of all groups: 0.1 * (linear(0, 1, steps=4) >> cosine(1, 0.1, steps=36))",
        "",
    ]
    after = run(optimizer, scheduler, 30)
    assert [line.split()[2:] for line in lines[5:]] == [["just", "used"], ["next"], [], [], ["last"]]
    assert values(lines) == pytest.approx(
        {9: before[9], 10: after[0], 11: after[1], 20: after[10], 39: after[29]}, 1e-5
    )


@pytest.mark.parametrize("kind", ["plain", "edited", "knobs", "calls", "units"])
def test_what_is_told_of_a_run_of_ours_is_what_its_scheduler_would_use(told, kind):
    optimizer = write_forms.optimizer()
    state = write_forms.state(kind)
    lines = told({"optimizer": optimizer.state_dict(), "scheduler": state["state"]})
    knobs = [value for own in state["next"].values() for value in own.values()]
    (row,) = [line.split() for line in lines if line.endswith("  next")]
    assert set(row[1:-1]) == {f"{value:.6g}" for value in knobs}


def test_groups_that_are_left_alone_are_not_told_of(told):
    state = write_forms.state("knobs")["state"]
    lines = told({"optimizer": write_forms.optimizer().state_dict(), "scheduler": state})
    assert "  weight_decay of group bias: 0.01 * (linear(0, 1, steps=4) >> linear(1, 0.5, steps=40))" in lines


def test_without_the_optimizers_state_named_groups_are_told_of_by_their_multipliers(told):
    lines = told({"scheduler": write_forms.state("knobs")["state"]})
    assert "  weight_decay of 'bias': linear(0, 1, steps=4) >> linear(1, 0.5, steps=40)" in lines
    assert any("which group bears which name is in the optimizer's state" in line for line in lines)


def test_a_plateau_is_told_of(told):
    lines = told(write_forms.state("feedback")["state"])
    assert "  a Plateau multiplies the lr too, by 0.01 now; its metric decides what comes next" in lines


def test_a_function_without_a_text_is_told_of_and_can_be_given(told):
    optimizer = sgd()
    scheduler = Scheduler(optimizer, lambda i: 1 / (i + 1))
    run(optimizer, scheduler, 3)
    lines = told(scheduler.state_dict())
    assert any("a function without a text" in line for line in lines)
    assert values(told(scheduler.state_dict(), "--plan", "inverse_time(1)"))[3] > 0


def test_a_plan_is_told_of_as_it_was_resolved(told):
    scheduler = Scheduler(sgd(), 'warmup("10%") >> cosine(1, 0, steps="rest")', total_steps=100)
    assert "  lr of all groups: 0.1 * (linear(0, 1, steps=10) >> cosine(1, 0, steps=90))" in told(
        scheduler.state_dict()
    )


def test_a_state_of_a_later_release_is_said_to_be(told):
    (line,) = told(Scheduler(sgd(), warmup(4)).state_dict() | {"preheat": 2}, status=2)
    said = "inspect(preheat=2): the format must be 1; a later release made it"
    assert line == f"{said}; in 'last.ckpt', which must be the whole state of a scheduler"


# The peers'


TORCH = {
    "torch's StepLR": lambda o: of_torch.StepLR(o, 30, 0.5),
    "torch's MultiStepLR": lambda o: of_torch.MultiStepLR(o, [30, 30, 60]),
    "torch's ConstantLR": lambda o: of_torch.ConstantLR(o, 0.5, 20),
    "torch's LinearLR": lambda o: of_torch.LinearLR(o, 0.1, 1, 50),
    "torch's ExponentialLR": lambda o: of_torch.ExponentialLR(o, 0.98),
    "torch's PolynomialLR": lambda o: of_torch.PolynomialLR(o, 200, 2),
    "torch's CosineAnnealingLR": lambda o: of_torch.CosineAnnealingLR(o, 200, 0.01),
    "torch's CosineAnnealingWarmRestarts": lambda o: of_torch.CosineAnnealingWarmRestarts(o, 20, 2, 0.01),
    "torch's CyclicLR": lambda o: of_torch.CyclicLR(o, 0.01, 0.1, 20, 30),
    "torch's OneCycleLR": lambda o: of_torch.OneCycleLR(o, 0.1, 200),
    "torch's SequentialLR": lambda o: of_torch.SequentialLR(
        o, [of_torch.LinearLR(o, 0.1, 1, 20), of_torch.CosineAnnealingLR(o, 200, 0.01)], [20]
    ),
    "torch's ChainedScheduler": lambda o: of_torch.ChainedScheduler(
        [of_torch.LinearLR(o, 0.1, 1, 20), of_torch.ExponentialLR(o, 0.98)]
    ),
}


@pytest.mark.parametrize("name", TORCH)
def test_torchs_schedulers_do_next_what_is_told(told, name):
    optimizer = sgd()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        scheduler = TORCH[name](optimizer)
    run(optimizer, scheduler, 40)
    lines = told({"lr_schedulers": [scheduler.state_dict()], "optimizer_states": [optimizer.state_dict()]})
    assert lines[:2] == [f"last.ckpt, lr_schedulers[0]: a scheduler's state, {name}", "  steps done: 40"]
    after = dict(enumerate(run(optimizer, scheduler, 101), start=40))
    shown = {i: value for i, value in values(lines).items() if i in after}
    assert {40, 41} <= shown.keys()
    assert shown == pytest.approx({i: after[i] for i in shown}, rel=1e-5)


def test_groups_of_different_peaks_are_told_of_one_by_one(told):
    optimizer = sgd(groups=3)
    lines = told(of_torch.CosineAnnealingLR(optimizer, 200).state_dict())
    assert [line.split(": ")[0].strip() for line in lines[2:5]] == ["lr of group 0", "lr of group 1", "lr of group 2"]
    assert values(lines, column=2)[0] == 0.05


def test_a_schedule_that_is_a_function_is_not_in_the_file_and_can_be_given(told):
    optimizer = sgd()
    scheduler = of_torch.LambdaLR(optimizer, zero_based(warmup(100) >> linear(1, 0, steps=900)))
    run(optimizer, scheduler, 40)
    assert told(scheduler.state_dict()) == [
        "last.ckpt: a scheduler's state, torch's LambdaLR, as all of transformers' are",
        "  steps done: 40",
        "  lr of all groups: 0.1",
        "  its schedule is a function of the code's, which a checkpoint does not hold; --plan says what it was",
    ]
    lines = told(scheduler.state_dict(), "--plan", "zero_based(warmup(100) >> linear(1, 0, steps=900))")
    after = run(optimizer, scheduler, 11)
    assert [values(lines)[i] for i in (40, 41, 50)] == pytest.approx([after[0], after[1], after[10]], rel=1e-5)


def test_what_follows_a_metric_is_said_to(told):
    assert told(of_torch.ReduceLROnPlateau(sgd()).state_dict()) == [
        "last.ckpt: a scheduler's state, torch's ReduceLROnPlateau",
        "  steps done: 0",
        "  lr of all groups: 0.1",
        "  it follows a metric, which decides what comes next",
    ]


def test_a_cosine_of_torchs_past_its_end_is_said_to_climb(told):
    optimizer = sgd()
    scheduler = of_torch.CosineAnnealingLR(optimizer, 5)
    run(optimizer, scheduler, 8)
    assert "  past T_max torch's climbs back; shown is its end" in told(scheduler.state_dict())


def test_a_schedule_that_no_plan_is_equal_to_is_said_to_be_one(told):
    assert told(of_torch.ExponentialLR(sgd(), -0.5).state_dict())[2:] == [
        "  lr of all groups: 0.1",
        (
            "  preheat.like has no plan that is equal to it; --plan says one "
            "(ExponentialLR(gamma=-0.5): gamma must be a number above 0)"
        ),
    ]


def test_a_state_of_an_unknown_kind_says_where_it_stands(told):
    assert told({"last_epoch": 3, "_step_count": 4}) == [
        "last.ckpt: a scheduler's state, in torch's form",
        "  steps done: 3",
        "  of whose kind it is cannot be told from its state; --plan says what its schedule was",
    ]
    assert values(told({"last_epoch": 3, "_step_count": 4}, "--plan", "warmup(8)"))[3] == 0.5


def test_one_cycle_without_its_optimizer_lacks_its_peak(told):
    lines = told(of_torch.OneCycleLR(sgd(), 0.1, 200).state_dict())
    assert lines[3] == "  its peak is in the optimizer's state, which the file lacks; --plan says it"


def test_noam_opt(told):
    wrapped = NoamOpt(512, 4000, torch.optim.Adam([torch.nn.Parameter(torch.ones(1))], lr=0), factor=2)
    for _ in range(7):
        wrapped.step()
    lines = told(wrapped.state_dict())
    assert lines[:3] == [
        "last.ckpt: a scheduler's state, NoamOpt's", "  updates done: 7", "  lr of all groups: 2 * noam(512, 4000)"
    ]  # fmt: skip
    assert values(lines)[7] == pytest.approx(wrapped.rate(8), rel=1e-5) == pytest.approx(2 * noam(512, 4000)(7), 1e-5)


MEGATRON = {
    "max_lr": 1e-3, "lr_warmup_steps": 100, "num_steps": 300, "lr_decay_style": "cosine", "lr_decay_steps": 1100,
    "min_lr": 1e-4, "start_wd": 0.1, "end_wd": 0.1, "wd_incr_style": "constant", "wd_incr_steps": 1100,
}  # fmt: skip


def test_megatrons(told):
    lines = told({"iteration": 3, "opt_param_scheduler": MEGATRON})
    assert lines[0] == "last.ckpt, opt_param_scheduler: a scheduler's state, Megatron's"
    assert (
        lines[2] == "  lr of all groups: zero_based(linear(0, 0.001, steps=100) >> cosine(0.001, 0.0001, steps=1000))"
    )
    assert values(lines)[300] == pytest.approx(1e-4 + 9e-4 * 0.9045085, rel=1e-5)  # 20 % of the way down


def test_what_megatrons_state_does_not_hold_is_said(told):
    lines = told(MEGATRON | {"lr_decay_style": "WSD"})
    assert lines[-1] == "  how WSD falls is not all in the state; --plan says it"


def test_deepspeeds_holds_its_position_alone(told):
    lines = told({"lr_scheduler": {"last_batch_iteration": 9}})
    assert lines == [
        "last.ckpt, lr_scheduler: a scheduler's state, DeepSpeed's",
        "  updates done: 10",
        "  its schedule is a function of the code's, which a checkpoint does not hold; --plan says what it was",
    ]
    assert values(told({"last_batch_iteration": 9}, "--plan", "constant(0.5)"))[10] == 0.5


TIMM = {  # of timm 1.0.31's CosineLRScheduler
    "base_values": [0.1], "metric": None, "t_in_epochs": True, "noise_range_t": None, "noise_pct": 0.67,
    "noise_type": "normal", "noise_std": 1.0, "noise_seed": 42, "t_initial": 100, "lr_min": 0.0, "cycle_mul": 1.0,
    "cycle_decay": 1.0, "cycle_limit": 1, "warmup_t": 5, "warmup_lr_init": 0.0, "warmup_prefix": True, "k_decay": 1.0,
    "warmup_steps": [0.02],
}  # fmt: skip


def test_timms_with_its_epoch_beside_it(told):
    lines = told({"epoch": 29, "lr_scheduler": TIMM})
    assert lines[:2] == ["last.ckpt, lr_scheduler: a scheduler's state, timm's", "  epochs done: 30"]
    assert values(lines)[30] == pytest.approx(0.1 * cosine(1, 0, steps=100)(24), rel=1e-5)


def test_timms_without_its_epoch_begins_at_the_beginning(told):
    lines = told(TIMM | {"noise_range_t": 3})
    assert lines[1] == "  its position is not in it; shown from the beginning"
    assert "  it adds noise, which is not shown" in lines


# Files


def test_two_states_in_a_file_are_both_told_of(told):
    both = [of_torch.StepLR(sgd(), 3).state_dict(), of_torch.ExponentialLR(sgd(), 0.9).state_dict()]
    assert [line for line in told({"schedulers": both}) if line.startswith("last")] == [
        "last.ckpt, schedulers[0]: a scheduler's state, torch's StepLR",
        "last.ckpt, schedulers[1]: a scheduler's state, torch's ExponentialLR",
    ]


@pytest.mark.parametrize(("name", "where"), [("", "scheduler.pt"), ("state.json", "state.json, schedule")])
def test_a_folder_with_a_schedulers_file_and_a_json_file(tmp_path, name, where):
    state = Scheduler(sgd(), warmup(9)).state_dict()
    torch.save(state, tmp_path / "scheduler.pt")
    (tmp_path / "state.json").write_text(json.dumps({"schedule": state}))
    out = piped("inspect", str(tmp_path / name))[1]
    assert out.startswith(f"{where}: a scheduler's state, preheat's\n  updates done: 0\n")


def test_a_file_without_a_scheduler_is_said_to_be(told):
    (line,) = told({"model": {"weight": torch.ones(3)}, "optimizer": sgd().state_dict()}, status=2)
    assert line.endswith("last.ckpt'): a scheduler's state must be in it, and none was found")


class Args:
    """What a script might save beside its weights."""


def test_a_file_that_is_not_plain_data_is_not_run(told):
    (line,) = told({"args": Args(), "scheduler": TIMM}, status=2)
    assert line.endswith("it must be of torch.save and plain data (weights_only=True); it holds test_cli_inspect.Args")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("notes.txt", "it must be of torch.save and plain data (weights_only=True); this is something else\n"),
        ("", "a folder must hold scheduler*.pt or scheduler*.bin; name a file in it\n"),
    ],
)
def test_what_is_no_checkpoint_is_refused(tmp_path, name, sentence):
    (tmp_path / "notes.txt").write_text("no checkpoint")
    status, out, err = piped("inspect", str(tmp_path / name))
    assert (status, out) == (2, "")
    assert err.endswith(sentence)


# Files that nobody can vouch for


def test_a_short_state_of_a_billion_milestones_is_read_at_once(told):
    state = of_torch.MultiStepLR(sgd(), [3]).state_dict() | {"milestones": Counter({3: 10**9})}
    assert any("milestones must be counted, at most 10000 of them" in line for line in told(state))


def test_what_is_shared_is_looked_through_once(told):
    held: list[object] = [Scheduler(sgd(), warmup(4)).state_dict()]
    for _ in range(11):
        held = [held] * 1_000
    assert sum(line.startswith("last.ckpt") for line in told(held)) == 1


def test_schedulers_that_hold_each_other_many_times_are_refused(told):
    state = of_torch.StepLR(sgd(), 3).state_dict()
    for _ in range(9):
        state = {"_schedulers": [state] * 9, "_milestones": [1] * 8, "last_epoch": 1}
    (line,) = told(state, status=2)
    assert "_schedulers must be a list of states of schedulers, at most 100 in all" in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1,\n "b": }', "it must be JSON; line 2, column 7: expecting value"),
        ("[" * 100_000, "it must be JSON; it is nested too deep, or has too long a number"),
        ("9" * 10_000, "it must be JSON; it is nested too deep, or has too long a number"),
        (b"\xff\xfe", "it must be JSON; byte 0 is not UTF-8"),
    ],
)
def test_wrong_json_is_said_with_file_and_place(tmp_path, text, words):
    file = tmp_path / "state.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert piped("inspect", str(file)) == (2, "", f"inspect({str(file)!r}): {words}\n")


def test_a_function_in_a_file_is_shown_and_not_called(told):
    state = Scheduler(sgd(), warmup(4)).state_dict() | {"plans": ['function("os:_exit")']}
    lines = told(state)
    assert '  lr of all groups: 0.1 * (function("os:_exit"))' in lines
    assert any("a function of a file is not called" in line for line in lines)


def test_an_edit_to_a_function_is_shown_and_not_called(told):
    edits = [0, 5, "lr", "'*'", 0, 'function("os:_exit")']
    state = Scheduler(sgd(), warmup(4)).state_dict() | {"edits": edits, "updates": [47]}
    assert '  lr of all groups: 0.1 * (linear(0, 1, steps=4), from update 5 on function("os:_exit"))' in told(state)


def test_a_plan_that_waits_for_the_total_is_shown_as_text(told):
    state = Scheduler(sgd(), 'warmup(4) >> cosine(1, 0, steps="rest")').state_dict()
    assert '  lr of all groups: 0.1 * (linear(0, 1, steps=4) >> cosine(1, 0, steps="rest"))' in told(state)


def test_a_file_does_not_move_the_cursor(told):
    state = Scheduler(sgd(), warmup(4)).state_dict() | {"plans": ["\x1b[2J"]}
    assert "  lr of all groups: 0.1 * (\\x1b[2J)" in told(state)


def test_our_own_json_is_read_without_torch(tmp_path):
    file = tmp_path / "state.json"
    file.write_text(json.dumps(Scheduler(sgd(), warmup(4)).state_dict()))
    code = f"""
import sys
sys.modules["torch"] = None
sys.argv = ["preheat", "inspect", {str(file)!r}]
from preheat.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("state.json: a scheduler's state, preheat's\n  updates done: 0\n"), done.stderr
