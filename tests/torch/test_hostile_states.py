"""States from files that nobody can vouch for: each is taken, or refused by its field, and then nothing changes."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import fuzz_states
from preheat import PreheatWarning
from preheat.torch import Plateau, Scheduler
from training import PLAN, make, train

MARKS: list[float] = []


def mark(i):
    MARKS.append(i)
    return 1.0


def test_any_field_with_any_value_is_taken_or_refused_by_name_and_changes_nothing():
    for on_device in (False, True):
        optimizer, scheduler = fuzz_states.edited(on_device)
        for state in fuzz_states.each_field(scheduler.state_dict()):
            fuzz_states.loads(optimizer, scheduler, state)


def test_a_thousand_mutated_states_are_taken_or_refused():
    assert fuzz_states.fuzz(1_000, seed=5) > 100


def test_the_fuzzer_can_be_run():
    script = Path(fuzz_states.__file__)
    done = subprocess.run(
        [sys.executable, str(script), "--inputs", "20"], capture_output=True, text=True, check=False, cwd=script.parent
    )
    assert done.stdout.endswith("all others were refused in words, and changed nothing\n"), done.stderr


EACH = "numbers, 0 or more, one for each optimizer"
WRONG = [
    ("updates", [-7], ValueError, f"updates=[-7]): updates must be a list of whole {EACH}"),
    ("updates", [float("nan")], TypeError, f"updates=[nan]): updates must be a list of whole {EACH}"),
    ("updates", [2.5], TypeError, f"updates=[2.5]): updates must be a list of whole {EACH}"),
    ("updates", [1, 2], ValueError, f"updates=[1, 2]): updates must be a list of whole {EACH}"),
    ("updates", 3, TypeError, f"updates=3): updates must be a list of whole {EACH}"),
    ("last", ["x"], TypeError, "last=['x']): last must be a list of numbers, -1 or more, one for each optimizer"),
    ("amount", float("inf"), ValueError, "amount=inf): amount must be a number, 0 or more"),
    ("calls", True, TypeError, "calls=True): calls must be a whole number, 0 or more"),
    ("clock", "epochs", ValueError, "clock='epochs'): clock must be one of 'updates', 'calls', 'manual'"),
    ("clock", 1, TypeError, "clock=1): clock must be one of 'updates', 'calls', 'manual'"),
    ("groups", [], ValueError, "groups=[]): groups must be a list of one number or more, of at most 100000 knobs"),
    ("groups", [10**9], ValueError, "groups=[1000000000]): groups must be a list of one number or more, of at most"),
    ("knobs", [], ValueError, "knobs=[]): knobs must be a list of texts such as 'lr' or 'betas[0]', at least one"),
    ("knobs", [3], TypeError, "knobs=[3]): knobs must be a list of texts such as 'lr' or 'betas[0]', at least one"),
    ("modes", ["x"], ValueError, "modes=['x']): modes must be 'scale' or 'values', and one of them for each knob"),
    ("plans", [], ValueError, "plans=[]): plans must be a list of texts, one for each of knobs"),
    ("edits", [1], ValueError, "edits=[1]): edits must be a list of edits of a plan, each the number of its optimizer"),
    ("edits", [0, 1, 2, "'*'", 0, "x"], TypeError, "edits=[0, 1, 2, \"'*'\", 0, 'x']): edits must be a list of edits"),
    ("edits", [1, 1, "lr", "'*'", 0, "x"], ValueError, "edits=[1, 1, 'lr', \"'*'\", 0, 'x']): edits must be a list of"),
    ("edits", [0, 1, "lr", "'*'", 0, "x"], ValueError, "edits): the saved plan must have a meaning here"),
    ("edits", [0, 1, "lr", "'*'", 0, "None"], ValueError, "edits): a saved edit must be a plan, got None"),
    ("bases", [0.1, 1, float("nan"), 1], ValueError, "bases=[0.1, 1, nan, 1]): bases must be a list of finite numbers"),
    ("bases", [0.1], ValueError, "bases=[0.1]): bases must be a list of finite numbers, each followed by how often"),
    ("bases", [0.1, 10**10], ValueError, "values=["),
    ("bases", [-0.1, 1], ValueError, "bases=[... -0.1 ...]): bases must be 0 or more for lr"),
    ("joined", [float("inf"), 1], ValueError, "joined=[inf, 1]): joined must be a list of numbers, 0 or more, each"),
    ("feedback", [1.0, 0], ValueError, "feedback=[1.0, 0]): feedback must be empty, or a factor from 0 to 1, two"),
    ("preheat", True, ValueError, "preheat=True): the format must be 1; a later release made it"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "kind", "words"), WRONG)
def test_a_wrong_field_is_named_with_its_rule(field, value, kind, words):
    optimizer = make(torch.optim.SGD, 0.1)
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, 3)
    before = scheduler.state_dict()
    with pytest.raises(kind) as caught:
        scheduler.load_state_dict(before | {field: value})
    assert str(caught.value).startswith(f"load_state_dict({words}")
    assert scheduler.state_dict() == before


def test_counts_are_compared_before_anything_is_made_of_them():
    scheduler = Scheduler(make(torch.optim.SGD, 0.1), PLAN)
    endless = {key: [0.1, 10**10] for key in ("bases", "values", "joined")}
    with pytest.raises(ValueError, match="the same groups must be left alone"):
        scheduler.load_state_dict(scheduler.state_dict() | endless)


def test_two_plans_of_a_key_and_an_edit_of_another_key_are_refused():
    scheduler = Scheduler(make(torch.optim.SGD, 0.1, 0.2), {0: PLAN, 1: None})
    state = scheduler.state_dict()
    with pytest.raises(ValueError, match=r"keys must be different for each plan of a knob"):
        scheduler.load_state_dict(state | {"keys": ["0", "0"]})
    with pytest.raises(ValueError, match=r"edits must be a list of edits of a plan"):
        scheduler.load_state_dict(state | {"edits": [0, 1, "lr", "1", 0, "constant(1)"]})


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ({"last_epoch": -1}, ValueError, "last_epoch=-1): last_epoch must be a whole number of steps, 0 or more"),
        ({"last_epoch": "x"}, TypeError, "last_epoch='x'): last_epoch must be a whole number of steps, 0 or more"),
        ({"_schedulers": []}, ValueError, "_schedulers=[]): _schedulers must be a list of the states of the schedule"),
        ({"last_epoch": 1, "base_lrs": [float("nan")]}, ValueError, "base_lrs=[nan]): base_lrs must be a list of"),
        ({"last_epoch": 1, "base_lrs": 3}, TypeError, "base_lrs=3): base_lrs must be a list of learning rates, each a"),
    ],
)
def test_a_wrong_field_of_another_librarys_state_is_named_too(state, kind, words):
    scheduler = Scheduler(make(torch.optim.SGD, 0.1), PLAN)
    before = scheduler.state_dict()
    with pytest.raises(kind) as caught:
        scheduler.load_state_dict(state)
    assert str(caught.value).startswith(f"load_state_dict({words}")
    assert scheduler.state_dict() == before


def test_schedulers_that_hold_themselves_are_refused():
    state: dict[str, object] = {}
    state["_schedulers"] = [state]
    with pytest.raises(ValueError, match=r"schedulers must be at most 8 deep inside each other"):
        Scheduler(make(torch.optim.SGD, 0.1), PLAN).load_state_dict(state)


def test_peaks_that_are_tensors_are_taken():
    scheduler = Scheduler(make(torch.optim.SGD, 0.1), PLAN)
    with pytest.warns(PreheatWarning, match="and the peaks, 0.5; not"):
        scheduler.load_state_dict({"last_epoch": 1, "base_lrs": [torch.tensor(0.5)]})


# Text from a file calls nothing


@pytest.mark.parametrize("on_change", ["code", "error"])
def test_a_saved_plan_that_is_a_function_is_shown_and_not_called(on_change):
    scheduler = Scheduler(make(torch.optim.SGD, 0.1), PLAN, on_change=on_change)
    state = scheduler.state_dict() | {"plans": ['function("test_hostile_states:mark")'], "updates": [3], "last": [2]}
    MARKS.clear()
    if on_change == "error":
        with pytest.raises(ValueError, match=r'saved: function\("test_hostile_states:mark"\)'):
            scheduler.load_state_dict(state)
    else:
        with pytest.warns(PreheatWarning, match=r'saved: function\("test_hostile_states:mark"\); .* one unknown here'):
            scheduler.load_state_dict(state)
    assert not MARKS


def test_a_total_is_not_taken_from_a_saved_plan_that_is_a_function():
    plan = 'warmup(2) >> cosine(1, 0, steps="rest")'
    saved = Scheduler(make(torch.optim.SGD, 0.1), plan, total_steps=50).state_dict()
    scheduler = Scheduler(make(torch.optim.SGD, 0.1), plan)
    MARKS.clear()
    with pytest.warns(PreheatWarning, match="saved: function"):
        scheduler.load_state_dict(saved | {"resolved": ['function("test_hostile_states:mark")']})
    scheduler.load_state_dict(saved | {"resolved": ["None"]})
    assert scheduler.get_last_lr() == [0.05]
    assert not MARKS


def test_the_plateau_of_a_refused_state_is_as_it_was():
    scheduler = Scheduler(make(), lambda i: 1.0 if i < 5 else -1.0, feedback=Plateau(patience=0))
    scheduler.observe(1.0)
    before = scheduler.state_dict()
    with pytest.raises(ValueError, match=r"^load_state_dict\(\): .* lr must be 0 or more"):
        scheduler.load_state_dict(before | {"updates": [9], "feedback": [0.5, 0, 0]})
    assert scheduler.state_dict() == before
