"""What is said of a schedule that looks misused: once, in these words, and never of what is innocent."""

import copy
import linecache
import re
import warnings

import pytest
import torch
from torch.optim.swa_utils import SWALR, AveragedModel

from preheat import PreheatWarning, constant, linear, warmup
from preheat.torch import Scheduler
from training import make, said, train, update

RAMP = linear(0, 1, steps=10)
ENDLESS = warmup(10) >> constant(1)

FOREIGN = (
    "Scheduler: another hand has set lr of group 0 to {}, and the plan has overwritten it; seek, replan or another "
    "plan change it for good, and several schedulers on one knob are one plan, `a >> b` or `a * b`"
)
HELD = (
    "Scheduler: updates pass without step(), so the knobs hold their values of update {}; call step() after each "
    "update, or pass auto=True"
)
LEAP = (
    "Scheduler: step() ran after {0} updates; the plan counts updates, so it has moved {0}; if it was written in "
    'epochs pass clock="calls" or "90ep"'
)
ENDED = (
    "Scheduler: the plan of lr has ended after 10 updates and holds 1; give it more steps, or end it with "
    "`>> constant(value)`"
)
STALE = (
    "Scheduler: the optimizer bears initial_lr=1 and lr=0.4 of an earlier run, and no scheduler state was loaded, so "
    "the plan starts at update {} from base 0.4; load the scheduler's state, or build it on each group's own lr and "
    "seek(k)"
)
TRAINED = (
    "Scheduler: the optimizer has already trained, and no scheduler state was loaded, so the plan starts at update 0 "
    "from base {}; load the scheduler's state, or seek(k)"
)


# Knobs that another hand has written


def test_a_knob_changed_by_hand_is_overwritten_at_the_next_call_and_said_once():
    optimizer = make()
    scheduler = Scheduler(optimizer, RAMP)

    def run():
        for _ in range(3):
            update(optimizer)
            optimizer.param_groups[0]["lr"] = 7.0
            scheduler.step()

    assert said(run) == [FOREIGN.format(7)]
    assert scheduler.get_last_lr() == [0.4]


@pytest.mark.parametrize("how", [{}, {"auto": True}, {"clock": "manual"}])
def test_where_the_optimizer_drives_it_is_overwritten_just_before_the_update(how):
    optimizer = make()
    Scheduler(optimizer, RAMP, **how)
    optimizer.param_groups[0]["lr"] = 7.0
    assert said(lambda: update(optimizer)) == [FOREIGN.format(7)]
    assert optimizer.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize(
    "change", [lambda group: group["lr"].mul_(2), lambda group: group.update(lr=torch.tensor(0.5))]
)
def test_a_tensor_written_in_place_or_replaced_is_seen_as_well(change):
    optimizer = make(torch.optim.SGD, torch.tensor(1.0))
    Scheduler(optimizer, constant(0.25))
    change(optimizer.param_groups[0])
    assert said(lambda: update(optimizer)) == [FOREIGN.format(0.5)]
    assert optimizer.param_groups[0]["lr"] == 0.25


def test_the_knob_and_its_group_are_named():
    optimizers = [make(), make(torch.optim.SGD, 1.0, 1.0, momentum=0.5)]
    Scheduler(optimizers, scale={"momentum": RAMP})
    optimizers[1].param_groups[1]["momentum"] = 0.75
    (sentence,) = said(lambda: update(optimizers[1]))
    assert sentence.startswith("Scheduler: another hand has set momentum of group (1, 1) to 0.75, and the plan has")


@pytest.mark.parametrize(("clock", "coming"), [("updates", 0.8), ("calls", 0.4)])
def test_while_the_knobs_hold_it_is_left_alone_in_silence_until_the_next_call(clock, coming):
    optimizer = make()
    scheduler = Scheduler(optimizer, RAMP, clock=clock)
    train(optimizer, scheduler, 2)
    optimizer.param_groups[0]["lr"] = 7.0
    assert train(optimizer, updates=5) == [7.0] * 5
    assert said(scheduler.step) == [FOREIGN.format(7)]
    assert scheduler.get_last_lr() == [coming]


@pytest.mark.parametrize("chained", [False, True])
def test_a_scheduler_of_torch_beside_ours_is_told_of_the_algebra(chained):
    optimizer = make()
    schedulers = [Scheduler(optimizer, constant(0.5)), torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)]
    if chained:
        schedulers = [torch.optim.lr_scheduler.ChainedScheduler(schedulers, optimizer)]

    def run():
        for _ in range(3):
            update(optimizer)
            for scheduler in schedulers:
                scheduler.step()

    (sentence,) = said(run)
    assert sentence.startswith(
        "Scheduler: another hand has set lr of group 0 to 0.25, and the plan has overwritten it;"
    )
    assert sentence.endswith("several schedulers on one knob are one plan, `a >> b` or `a * b`")


def test_sequential_of_torch_is_an_error_that_names_the_algebra():
    optimizer = make()
    schedulers = [Scheduler(optimizer, RAMP), torch.optim.lr_scheduler.ConstantLR(optimizer)]
    with pytest.raises(AttributeError, match=re.escape("in place of SequentialLR write one plan, `a >> b`")):
        torch.optim.lr_scheduler.SequentialLR(optimizer, schedulers, milestones=[10])


# Calls that do not fit the updates


def test_updates_without_a_call_are_said_at_the_second_in_a_row():
    optimizer = make()
    scheduler = Scheduler(optimizer, RAMP)
    train(optimizer, scheduler, 2)
    assert said(lambda: train(optimizer, updates=2)) == []
    assert said(lambda: train(optimizer, updates=1)) == [HELD.format(2)]
    assert said(lambda: train(optimizer, updates=5)) == []
    assert scheduler.get_last_lr() == [0.3]


def test_the_second_call_that_finds_several_updates_says_that_the_plan_counts_updates():
    optimizer = make()
    scheduler = Scheduler(optimizer, linear(0, 1, steps=100))

    def epoch(updates):
        train(optimizer, updates=updates)
        scheduler.step()

    assert said(lambda: epoch(7)) == []
    assert said(lambda: epoch(5)) == [HELD.format(7), LEAP.format(5)]
    assert said(lambda: epoch(5)) == []


@pytest.mark.parametrize("calls", [0, 1, 4])
def test_the_update_after_the_last_of_a_plan_says_that_it_has_ended(calls):
    optimizer = make()
    scheduler = Scheduler(optimizer, RAMP)
    train(optimizer, scheduler, 10, calls)
    assert said(lambda: train(optimizer, scheduler, 1, calls)) == [ENDED]
    assert said(lambda: train(optimizer, scheduler, 9, calls)) == []


def test_under_other_clocks_it_is_said_where_their_index_passes_the_end():
    optimizer = make()
    scheduler = Scheduler(optimizer, RAMP, clock="manual")
    scheduler.advance(9.5)
    assert said(lambda: update(optimizer)) == []
    scheduler.advance(0.5)
    assert said(lambda: train(optimizer, updates=3)) == [ENDED]

    optimizer = make()
    scheduler = Scheduler(optimizer, RAMP, clock="calls")
    assert said(lambda: train(optimizer, scheduler, 10)) == []
    assert said(lambda: train(optimizer, scheduler, 3)) == [ENDED]


def test_a_group_with_its_own_clock_is_not_past_an_end_that_others_have_passed():
    optimizer = make()
    Scheduler(optimizer, {0: constant(1), "*": RAMP})
    assert said(lambda: train(optimizer, updates=12)) == []
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(2))], "join": "from_zero"})
    assert said(lambda: train(optimizer, updates=10)) == []
    assert said(lambda: train(optimizer, updates=2)) == [ENDED]


def test_nor_is_a_plan_whose_knob_another_hand_drives_on():
    optimizer = make()
    train(optimizer, Scheduler(optimizer, RAMP), 10)
    optimizer.param_groups[0]["lr"] = 7.0
    assert said(lambda: train(optimizer, updates=5)) == []


# An optimizer from an earlier run


def old(kind=torch.optim.AdamW):
    optimizer = make(kind, momentum=0.9) if kind is torch.optim.SGD else make(kind)
    scheduler = Scheduler(optimizer, RAMP)
    train(optimizer, scheduler, 3)
    resumed = make(kind, **({"momentum": 0.9} if kind is torch.optim.SGD else {}))
    resumed.load_state_dict(optimizer.state_dict())
    return resumed


@pytest.mark.parametrize("i", [0, 2])
def test_an_lr_that_is_not_its_initial_lr_is_said_at_the_first_update_also_after_seek(i):
    optimizer = old()
    scheduler = Scheduler(optimizer, RAMP)
    if i:
        scheduler.seek(i)
    assert said(lambda: train(optimizer, scheduler, 3)) == [STALE.format(i)]


def fresh_lr(optimizer):
    optimizer.param_groups[0].pop("initial_lr")
    return optimizer


@pytest.mark.parametrize("kind", [torch.optim.AdamW, torch.optim.SGD])
def test_so_is_an_optimizer_that_has_trained(kind):
    optimizer = fresh_lr(old(kind))
    scheduler = Scheduler(optimizer, RAMP)
    assert said(lambda: train(optimizer, scheduler, 3)) == [TRAINED.format(0.4)]


def test_also_when_its_state_is_loaded_after_building():
    optimizer = make(torch.optim.AdamW)
    scheduler = Scheduler(optimizer, RAMP)
    optimizer.load_state_dict(old().state_dict())
    assert said(lambda: train(optimizer, scheduler, 3)) == [TRAINED.format(1)]


def test_not_if_the_position_was_chosen():
    optimizer = fresh_lr(old())
    scheduler = Scheduler(optimizer, RAMP)
    scheduler.seek(0)
    assert said(lambda: train(optimizer, scheduler, 3)) == []


def test_nor_if_it_was_and_the_plan_sets_the_lr():
    optimizer = old()
    scheduler = Scheduler(optimizer, lr=RAMP)
    scheduler.seek(2)
    assert said(lambda: train(optimizer, scheduler, 3)) == []


def test_nor_if_a_state_was_loaded():
    optimizer = old()
    scheduler = Scheduler(optimizer, RAMP)
    scheduler.load_state_dict(scheduler.state_dict())
    assert said(lambda: train(optimizer, scheduler, 3)) == []


def test_nor_of_an_optimizer_whose_state_is_there_before_it_trains():
    optimizer = make(torch.optim.Adagrad)
    assert optimizer.state
    Scheduler(optimizer, RAMP)
    assert said(lambda: train(optimizer, updates=3)) == []


# What is innocent


def micro_batches():
    optimizer = make()
    scheduler = Scheduler(optimizer, ENDLESS)
    for batch in range(1200):
        if batch % 4 == 3:
            update(optimizer)
        scheduler.step()


def eight_callers():
    optimizer = make()
    train(optimizer, Scheduler(optimizer, ENDLESS), 100, calls=8)


def no_caller():
    optimizer = make()
    Scheduler(optimizer, ENDLESS)
    train(optimizer, updates=600)


def skips(*, fused):
    optimizer = make(fused=fused)
    scheduler = Scheduler(optimizer, ENDLESS)
    amp = torch.amp.GradScaler("cpu", init_scale=2.0**20)
    for i in range(100):
        optimizer.zero_grad()
        (parameter,) = optimizer.param_groups[0]["params"]
        amp.scale(parameter.sum()).backward()
        if i < 10 or i % 7 == 0:
            parameter.grad.fill_(torch.inf)
        amp.step(optimizer)
        amp.update()
        scheduler.step()


def weight_averaging(clock):
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scheduler = Scheduler(optimizer, warmup(10) >> linear(1, 0.1, steps=90), clock=clock)
    averaged, averaging = AveragedModel(model), SWALR(optimizer, swa_lr=0.05)
    for i in range(300):
        update(optimizer)
        if i < 99:
            scheduler.step()
        else:
            averaged.update_parameters(model)
            averaging.step()


def two_in_turn():
    generator, critic = make(torch.optim.Adam), make(torch.optim.Adam)
    schedulers = [Scheduler(one, ENDLESS) for one in (generator, critic)]
    for i in range(600):
        update(critic)
        schedulers[1].step()
        if i % 5 == 4:
            update(generator)
            schedulers[0].step()


def once_an_epoch():
    optimizer = make()
    scheduler = Scheduler(optimizer, ENDLESS, clock="calls")
    for _ in range(10):
        train(optimizer, updates=60)
        scheduler.step()


def now_and_then():
    optimizer = make()
    scheduler = Scheduler(optimizer, ENDLESS, auto=True)
    for _ in range(10):
        train(optimizer, updates=60)
        scheduler.step()


def saved_and_restored():
    optimizer = make(torch.optim.AdamW)
    scheduler = Scheduler(optimizer, ENDLESS)
    states = []
    for _ in range(3):
        states.append(copy.deepcopy((optimizer.state_dict(), scheduler.state_dict())))
        train(optimizer, scheduler, 20)
    for of_optimizer, of_scheduler in (*states, *states):
        optimizer.load_state_dict(of_optimizer)
        scheduler.load_state_dict(of_scheduler)
        train(optimizer, scheduler, 5)


INNOCENT = {
    "micro-batches": micro_batches,
    "eight callers": eight_callers,
    "no caller": no_caller,
    "skips": lambda: skips(fused=False),
    "skips in the kernel": lambda: skips(fused=True),
    "weight averaging": lambda: weight_averaging("updates"),
    "weight averaging by calls": lambda: weight_averaging("calls"),
    "two optimizers in turn": two_in_turn,
    "once an epoch": once_an_epoch,
    "now and then under auto": now_and_then,
    "saved and restored": saved_and_restored,
}


@pytest.mark.parametrize("run", INNOCENT.values(), ids=INNOCENT)
def test_nothing_is_said_of(run):
    assert said(run) == []


# How it is said


def test_a_warning_as_an_error_loses_neither_an_update_nor_a_write():
    optimizers = [make(), make()]
    scheduler = Scheduler(optimizers, RAMP)
    update(*optimizers)
    for optimizer in optimizers:
        optimizer.param_groups[0]["lr"] = 7.0
    with pytest.raises(PreheatWarning, match="another hand"):
        scheduler.step()
    assert scheduler.get_last_lr() == [0.2, 0.2]
    update(*optimizers)
    scheduler.step()
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (2, [0.3, 0.3])


@pytest.mark.parametrize("calls", [0, 1])
def test_one_before_an_update_only_puts_it_off(calls):
    optimizer = make()
    scheduler = Scheduler(optimizer, RAMP)
    train(optimizer, scheduler, 10, calls)
    with pytest.raises(PreheatWarning, match="has ended after 10 updates"):
        update(optimizer)
    assert scheduler.last_epoch == 10
    assert train(optimizer, scheduler, 2, calls) == [1, 1]
    assert scheduler.last_epoch == 12


def test_a_warning_points_at_the_line_of_the_users_that_led_to_it():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=0.1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scheduler = Scheduler(optimizer, RAMP * 0.01)
        for _ in range(11):
            optimizer.step()
        optimizer.param_groups[0]["lr"] = 7.0
        scheduler.step()
        Scheduler(optimizer, RAMP)
    lines = ["scheduler = Scheduler(optimizer, RAMP * 0.01)", "optimizer.step()", "scheduler.step()"]
    assert {one.filename for one in caught} == {__file__}
    source = linecache.getlines(__file__)
    assert [source[one.lineno - 1].strip() for one in caught] == [*lines, "Scheduler(optimizer, RAMP)"]
