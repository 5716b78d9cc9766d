"""Loads that call no hooks, a second stage, and hooks of the user's that save."""

import pytest
import torch
from test_misuse import said

from preheat import constant, linear
from preheat.torch import Scheduler
from training import make, said, train, update

RAMP = linear(0, 1, steps=10)


class Own(torch.optim.SGD):
    """Loads its state itself and calls no hook, as optimizers of 8 bits do."""

    def load_state_dict(self, state):
        groups = [
            {**saved, "params": group["params"]}
            for group, saved in zip(self.param_groups, state["param_groups"], strict=True)
        ]
        self.__setstate__({"state": state["state"], "param_groups": groups})


class InPlace(torch.optim.SGD):
    """Loads into the groups that it has."""

    def load_state_dict(self, state):
        for group, saved in zip(self.param_groups, state["param_groups"], strict=True):
            group.update({key: value for key, value in saved.items() if key != "params"})


@pytest.mark.parametrize("kind", [Own, InPlace])
@pytest.mark.parametrize("lr", [1.0, torch.tensor(1.0)], ids=["float", "tensor"])
def test_a_load_without_hooks_is_no_other_hand(kind, lr):
    first = make(kind, lr)
    scheduler = Scheduler(first, RAMP)
    train(first, scheduler, 4)
    states = first.state_dict(), scheduler.state_dict()
    resumed = make(kind, 1.0 if isinstance(lr, float) else torch.tensor(1.0))
    scheduler = Scheduler(resumed, RAMP)
    used = []

    def resume():
        resumed.load_state_dict(states[0])
        scheduler.load_state_dict(states[1])
        used.extend(train(resumed, scheduler, 3))

    assert said(resume) == []
    assert used == pytest.approx([0.5, 0.6, 0.7])


@pytest.mark.parametrize("calls", [0, 1])
def test_nor_is_one_after_the_schedulers_or_between_updates(calls):
    optimizer = make(Own)
    scheduler = Scheduler(optimizer, RAMP)
    train(optimizer, scheduler, 2, calls)
    state = optimizer.state_dict()
    state["param_groups"][0]["lr"] = 0.7
    used = []

    def resume():
        optimizer.load_state_dict(state)
        used.extend(train(optimizer, scheduler, 2, calls))

    assert said(resume) == []
    assert used == [0.3, 0.4]


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW])
@pytest.mark.parametrize("given", [{"plan": RAMP}, {"lr": RAMP}])
def test_a_second_stage_after_close_says_nothing(kind, given):
    optimizer = make(kind)
    first = Scheduler(optimizer, linear(0, 1, steps=3) >> constant(1))
    train(optimizer, first, 5)
    first.close()
    used = []
    assert said(lambda: used.extend(train(optimizer, Scheduler(optimizer, **given), 4))) == []
    assert used == RAMP.values(4)


def test_nor_if_the_plan_sets_an_lr_that_the_first_has_left_elsewhere():
    optimizer = make(torch.optim.AdamW)
    first = Scheduler(optimizer, RAMP)
    train(optimizer, first, 3)
    first.close()
    used = []
    assert said(lambda: used.extend(train(optimizer, Scheduler(optimizer, lr=constant(0.1)), 3))) == []
    assert used == [0.1] * 3


def test_but_a_plan_that_multiplies_such_an_lr_is_said_to():
    optimizer = make(torch.optim.AdamW)
    first = Scheduler(optimizer, RAMP)
    train(optimizer, first, 3)
    first.close()
    (sentence,) = said(lambda: train(optimizer, Scheduler(optimizer, constant(1)), 3))
    assert sentence.startswith("Scheduler: the optimizer bears initial_lr=1 and lr=0.4 of an earlier run")


@pytest.mark.parametrize("options", [{}, {"on_device": True}], ids=["host", "device"])
@pytest.mark.parametrize("skipped", [None, 0.0, 1.0])
def test_a_hook_registered_before_the_scheduler_saves_the_update_that_was_made(options, skipped):
    optimizer = make(fused=True)  # which skips inside its kernel
    saved: list[int] = []
    scheduler: Scheduler
    optimizer.register_step_post_hook(lambda *_: saved.append(scheduler.state_dict()["updates"][0]))
    scheduler = Scheduler(optimizer, RAMP, **options)
    if skipped is not None:
        optimizer.found_inf, optimizer.grad_scale = torch.tensor([skipped]), torch.ones(1)
    for _ in range(3):
        update(optimizer)
        scheduler.step()
    assert saved == ([0, 0, 0] if skipped else [1, 2, 3])


def test_a_closure_that_saves_finds_the_update_not_yet_made():
    optimizer = make()
    scheduler = Scheduler(optimizer, RAMP)
    saved = []
    optimizer.step(lambda: saved.append(scheduler.state_dict()["updates"][0]))
    assert (saved, scheduler.last_epoch) == ([0], 1)
