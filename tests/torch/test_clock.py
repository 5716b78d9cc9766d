"""The clock: update `i` that the optimizer applied has used `plan(i)`, however often and when `step()` is called."""

import copy
import gc
import re
import sys
import weakref
from contextlib import suppress
from threading import Thread
from typing import Any

import pytest
import torch
from torch.distributed.checkpoint.state_dict import _init_optim_state, get_optimizer_state_dict
from torch.optim.swa_utils import SWALR, AveragedModel

from preheat import constant, linear, zero_based
from preheat.torch import Scheduler
from training import PLAN, VALUES, make, train, update, watched

FUSED = [torch.optim.AdamW, torch.optim.Adam, torch.optim.SGD, torch.optim.Adagrad]
SKIPPED = {3, 4, 11, 20, 33}  # of forty


class Wrapper(torch.optim.Optimizer):
    """An optimizer around another, without hooks of its own, as Accelerate's is."""

    def __init__(self, optimizer):  # torch's own is not called, nor is it there
        self.optimizer = optimizer

    param_groups = property(lambda self: self.optimizer.param_groups)

    def step(self, closure=None):
        return self.optimizer.step(closure)


class Hidden:
    """What an engine shows of its optimizer."""

    def __init__(self):
        self.param_groups = [{"params": [], "lr": 1.0}]


class Inner(torch.optim.SGD):
    """A subclass whose step calls that of torch, which has hooks of its own."""

    def step(self, closure=None):
        return super().step(closure)


# What calls step(), and how often


def test_one_call_per_update():
    optimizer = make()
    assert train(optimizer, Scheduler(optimizer, PLAN)) == VALUES


def test_the_weights_move_by_the_lr_of_the_update():
    optimizer = make(torch.optim.SGD, 0.5)
    scheduler = Scheduler(optimizer, linear(0, 1, steps=4))
    update(optimizer)
    scheduler.step()
    update(optimizer)
    assert optimizer.param_groups[0]["params"][0].tolist() == [1 - 0.125 - 0.25] * 2


def test_one_call_per_micro_batch():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    seen = watched(optimizer)
    for batch in range(160):
        if batch % 4 == 3:
            update(optimizer)
        scheduler.step()
    assert seen == [[value] for value in VALUES]


def test_eight_calls_per_update():
    optimizer = make()
    assert train(optimizer, Scheduler(optimizer, PLAN), calls=8) == VALUES


def test_no_call_at_all():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    assert train(optimizer) == VALUES
    assert scheduler.last_epoch == 40


def test_a_call_before_the_first_update():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    scheduler.step()
    assert train(optimizer, scheduler) == VALUES


def test_the_call_before_the_update_instead_of_after():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    seen = watched(optimizer)
    for _ in range(40):
        scheduler.step()
        update(optimizer)
    assert seen == [[value] for value in VALUES]


def test_the_optimizer_drives_through_missing_calls_under_auto():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN, auto=True)
    seen = watched(optimizer)
    for i in range(40):
        update(optimizer)
        if i % 10 == 0:
            scheduler.step()
    assert seen == [[value] for value in VALUES]


def test_a_missing_call_holds_the_value_and_the_next_is_right_again():
    optimizer = make()
    scheduler = Scheduler(optimizer, linear(0, 1, steps=8))
    seen = watched(optimizer)
    for calls in (1, 0, 1, 1):
        update(optimizer)
        for _ in range(calls):
            scheduler.step()
    update(optimizer)
    assert seen == [[0.125], [0.25], [0.25], [0.5], [0.625]]


def test_the_groups_show_the_value_just_used_until_the_call():
    optimizer = make()
    scheduler = Scheduler(optimizer, linear(0, 1, steps=4))
    update(optimizer)
    assert (optimizer.param_groups[0]["lr"], scheduler.get_last_lr()) == (0.25, [0.25])
    scheduler.step()
    assert (optimizer.param_groups[0]["lr"], scheduler.get_last_lr()) == (0.5, [0.5])


def test_past_its_end_a_plan_holds_its_last_value():
    optimizer = make()
    scheduler = Scheduler(optimizer, linear(0, 1, steps=2) >> constant(0.5))
    assert train(optimizer, scheduler, 5) == [0.5, 1.0, 0.5, 0.5, 0.5]


# What is an applied update


def test_updates_skipped_by_the_grad_scaler_do_not_count():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    seen = watched(optimizer)
    amp = torch.amp.GradScaler("cpu", init_scale=2.0)
    for i in range(40):
        scaled_update(amp, optimizer, finite=i not in SKIPPED)
        scheduler.step()
    assert seen == [[value] for value in VALUES[:35]]
    assert scheduler.last_epoch == 35


@pytest.mark.parametrize("calls", [0, 1, 8])
@pytest.mark.parametrize("kind", FUSED)
def test_nor_do_those_skipped_inside_a_fused_kernel(kind, calls):
    optimizer = make(kind, fused=True)
    scheduler = Scheduler(optimizer, PLAN)
    amp = torch.amp.GradScaler("cpu", init_scale=2.0)
    used = []
    for i in range(40):
        if scaled_update(amp, optimizer, finite=i not in SKIPPED):
            used.append(optimizer.param_groups[0]["lr"])
        for _ in range(calls):
            scheduler.step()
    assert used == VALUES[:35]
    assert scheduler.last_epoch == 35


def scaled_update(amp, optimizer, *, finite):
    """An update under a GradScaler; returns whether it moved the weights."""
    held = optimizer.param_groups[0]["params"][0]
    before = held.detach().clone()
    optimizer.zero_grad()
    amp.scale(held.sum()).backward()
    if not finite:
        held.grad[0] = torch.inf
    amp.step(optimizer)
    amp.update()
    return not torch.equal(held, before)


def test_whoever_asks_finds_the_fused_update_counted():
    optimizer = make(fused=True)
    scheduler = Scheduler(optimizer, PLAN)
    amp = torch.amp.GradScaler("cpu", init_scale=2.0)
    questions = (
        lambda: scheduler.last_epoch,
        lambda: scheduler.state_dict()["updates"][0],
        lambda: len(scheduler.used()),
    )
    for question in questions:
        scheduler.seek(0)
        scaled_update(amp, optimizer, finite=True)
        assert question() == 1


def test_a_step_with_25_calls_of_its_closure_is_one_update():
    optimizer = make(torch.optim.LBFGS, max_iter=25, tolerance_grad=0, tolerance_change=0, max_eval=25)
    parameter = optimizer.param_groups[0]["params"][0]
    scheduler = Scheduler(optimizer, linear(0, 1, steps=4))
    calls = []

    def closure():
        calls.append(1)
        optimizer.zero_grad()
        loss = parameter.exp().sum() + (parameter**4).sum()
        loss.backward()
        return loss

    seen = watched(optimizer)
    for _ in range(4):
        calls.clear()
        optimizer.step(closure)
        assert len(calls) == 25
        scheduler.step()
    assert seen == [[0.25], [0.5], [0.75], [1.0]]


@pytest.mark.parametrize("calls", [0, 1])
def test_a_step_that_raised_does_not_count(calls):
    optimizer = make()
    scheduler = Scheduler(optimizer, linear(0, 1, steps=4))
    seen = watched(optimizer)
    for divisor in (0, 1, 0, 0, 1):
        with suppress(ZeroDivisionError):
            optimizer.step(lambda: 1 / divisor)  # noqa: B023  # called at once
        for _ in range(calls):
            scheduler.step()
    assert seen == [[0.25], [0.5]]
    assert scheduler.last_epoch == 2


@pytest.mark.parametrize("calls", [0, 1])
def test_a_subclass_that_calls_the_step_of_its_parent_counts_once(calls):
    make(torch.optim.SGD)  # from now on torch's own step has hooks, so those of the subclass run twice
    optimizer = make(Inner)
    scheduler = Scheduler(optimizer, PLAN)
    steps = watched(optimizer)
    train(optimizer, scheduler, calls=calls)
    assert len(steps) == 80
    assert steps[::2] == [[value] for value in VALUES]
    assert scheduler.last_epoch == 40


def test_a_step_without_gradients_counts():
    optimizer = make(torch.optim.AdamW)
    scheduler = Scheduler(optimizer, linear(0, 1, steps=4))
    optimizer.step()
    scheduler.step()
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (1, [0.5])


@pytest.mark.parametrize("plan", [PLAN, zero_based(PLAN)], ids=["from above 0", "from 0"])
@pytest.mark.parametrize("lr", [1.0, torch.tensor(1.0)], ids=["float", "tensor"])
@pytest.mark.parametrize("kind", [torch.optim.AdamW, torch.optim.SGD])
def test_the_step_that_torch_makes_while_saving_is_none(kind, lr, plan):
    optimizer = make(kind, lr, weight_decay=0.5)
    scheduler = Scheduler(optimizer, plan, scale={"weight_decay": PLAN})
    before = optimizer.param_groups[0]["params"][0].tolist()
    _init_optim_state(optimizer)
    assert scheduler.last_epoch == 0
    assert optimizer.param_groups[0]["params"][0].tolist() == before
    assert train(optimizer, scheduler) == pytest.approx(plan.values(), rel=1e-7)


def test_nor_is_the_one_inside_get_optimizer_state_dict():
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0)
    scheduler = Scheduler(optimizer, PLAN)
    before = copy.deepcopy(model.state_dict())
    get_optimizer_state_dict(model, optimizer)
    assert scheduler.last_epoch == 0
    assert all(torch.equal(before[name], held) for name, held in model.state_dict().items())
    assert train(optimizer, scheduler) == VALUES


def test_a_first_update_at_lr_0_counts_when_there_are_gradients():
    optimizer = make()
    scheduler = Scheduler(optimizer, zero_based(linear(0, 1, steps=4)))
    assert train(optimizer, scheduler, 4) == [0, 0.25, 0.5, 0.75]


# Other clocks


def test_calls_are_counted_on_request():
    optimizer = make()
    scheduler = Scheduler(optimizer, linear(0, 1, steps=4), clock="calls")
    seen = watched(optimizer)
    for _epoch in range(3):
        for _ in range(5):
            update(optimizer)
        scheduler.step()
    assert seen == [[0.25]] * 5 + [[0.5]] * 5 + [[0.75]] * 5
    assert scheduler.last_epoch == 3


def test_without_calls_such_a_plan_stays_where_it_is():
    optimizer = make()
    Scheduler(optimizer, linear(0, 1, steps=4), clock="calls")
    assert train(optimizer, updates=5) == [0.25] * 5


def test_calls_need_no_hooks():
    optimizer = Hidden()
    scheduler = Scheduler(optimizer, linear(0, 1, steps=4), clock="calls")  # type: ignore[arg-type]  # it is hidden
    scheduler.step()
    assert (optimizer.param_groups[0]["lr"], scheduler.last_epoch) == (0.5, 1)


def test_nor_a_wrapped_optimizer_with_hooks():
    wrapper = Wrapper(Hidden())
    scheduler = Scheduler(wrapper, linear(0, 1, steps=4), clock="calls")
    scheduler.step()
    assert (wrapper.param_groups[0]["lr"], scheduler.last_epoch) == (0.5, 1)


def test_advance_moves_a_plan_in_samples():
    optimizer = make()
    scheduler = Scheduler(optimizer, zero_based(linear(0, 1, steps=1000)), clock="manual")
    seen = watched(optimizer)
    for samples in (250, 125, 0, 500):
        update(optimizer)
        scheduler.advance(samples)
    update(optimizer)
    assert seen == [[0], [0.25], [0.375], [0.375], [0.875]]
    assert scheduler.last_epoch == 5


def test_advance_takes_fractions_and_a_call_writes():
    optimizer = make()
    scheduler = Scheduler(optimizer, zero_based(linear(0, 1, steps=10)), clock="manual")
    scheduler.advance(2.5)
    assert scheduler.get_last_lr() == [0]
    scheduler.step()
    assert scheduler.get_last_lr() == [0.25]
    scheduler.advance(2.5)
    scheduler.step()
    assert (scheduler.get_last_lr(), scheduler.last_epoch) == ([0.5], 0)


@pytest.mark.parametrize(
    ("n", "error"), [(-1, ValueError), (float("nan"), ValueError), ("1", TypeError), (True, TypeError)]
)
def test_advance_takes_nothing_else(n, error):
    scheduler = Scheduler(make(), PLAN, clock="manual")
    with pytest.raises(error, match=re.escape(f"advance(n={n!r}): n must be")):
        scheduler.advance(n)


def test_advance_is_for_the_manual_clock():
    with pytest.raises(ValueError, match=re.escape("advance(1): clock must be \"manual\", it is 'updates'")):
        Scheduler(make(), PLAN).advance(1)


# Who else is about


def hand_over(make_scheduler, updates=30):
    """The lr of each update of torch's recipe for weight averaging, which hands over to another scheduler."""
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scheduler = make_scheduler(optimizer)
    averaged, averaging = AveragedModel(model), SWALR(optimizer, swa_lr=0.05, anneal_epochs=3)
    seen = watched(optimizer)
    for i in range(updates):
        update(optimizer)
        if i > 20:
            averaged.update_parameters(model)
            averaging.step()
        else:
            scheduler.step()
    return seen


@pytest.mark.parametrize("clock", ["updates", "calls"])
def test_weight_averaging_takes_over_as_from_a_scheduler_of_torch(clock):
    theirs = hand_over(lambda optimizer: torch.optim.lr_scheduler.LambdaLR(optimizer, PLAN))
    assert hand_over(lambda optimizer: Scheduler(optimizer, PLAN, clock=clock)) == theirs
    assert theirs[-1] == [0.05]


def test_two_optimizers_in_turn_have_each_their_own_plan():
    generator, critic = make(torch.optim.Adam, 1.0), make(torch.optim.Adam, 1.0)
    schedulers = [Scheduler(generator, PLAN), Scheduler(critic, linear(0, 1, steps=80))]
    seen = [watched(generator), watched(critic)]
    for i in range(80):
        update(critic)
        if i % 2:
            update(generator)
        for scheduler in schedulers:
            scheduler.step()
    assert seen[0] == [[value] for value in VALUES]
    assert seen[1] == [[(i + 1) / 80] for i in range(80)]


def test_a_wrapper_without_hooks_is_followed_to_the_real_optimizer():
    optimizer = make()
    scheduler = Scheduler(Wrapper(Wrapper(optimizer)), PLAN)
    assert scheduler.optimizer is optimizer
    assert train(optimizer, scheduler) == VALUES


@pytest.mark.parametrize("wrapped", [None, Hidden()])
def test_where_there_is_none_the_error_says_what_to_pass(wrapped):
    with pytest.raises(TypeError) as caught:
        Scheduler(Wrapper(wrapped), PLAN)
    assert str(caught.value) == (
        "Scheduler(optimizer=Wrapper): optimizer must be a torch Optimizer with working hooks; "
        'pass the inner optimizer, or clock="calls"'
    )


@pytest.mark.parametrize("first", [PLAN, torch.nn.Linear(1, 1), torch.optim.SGD])
def test_what_is_nothing_like_an_optimizer_is_told_the_order(first):
    with pytest.raises(TypeError) as caught:
        Scheduler(first, PLAN)
    assert str(caught.value) == (
        f"Scheduler(optimizer={type(first).__name__}): optimizer must be a torch Optimizer with working hooks; "
        "it comes first, the plan second: Scheduler(optimizer, plan)"
    )


def test_a_wrapper_of_itself_is_not_followed_for_ever():
    wrapper = Wrapper(None)
    wrapper.optimizer = wrapper
    with pytest.raises(TypeError, match="optimizer must be a torch Optimizer with working hooks"):
        Scheduler(wrapper, PLAN)


# Who holds whom


@pytest.fixture
def without_collector():
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collector")
def test_a_scheduler_that_nobody_keeps_drives_on():
    optimizer = make()
    gone = weakref.ref(Scheduler(optimizer, PLAN))
    assert gone() is None
    assert train(optimizer) == VALUES


@pytest.mark.usefixtures("without_collector")
def test_the_optimizer_is_freed_with_its_last_reference():
    optimizer = make(torch.optim.AdamW)
    scheduler = Scheduler(optimizer, PLAN)
    update(optimizer)
    scheduler.step()
    gone = weakref.ref(optimizer)
    del optimizer, scheduler
    assert gone() is None


def test_closed_it_drives_no_more_and_the_knobs_keep_their_values():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    assert train(optimizer, updates=2) == [0.25, 0.5]
    scheduler.close()
    assert train(optimizer, updates=2) == [0.5, 0.5]
    assert scheduler.last_epoch == 2
    for use in (scheduler.step, lambda: scheduler.seek(1), lambda: scheduler.replan(PLAN)):
        with pytest.raises(RuntimeError, match=r"^Scheduler: it is closed: by close\(\)$"):
            use()


def test_closed_before_it_was_the_optimizer_trains_as_if_it_had_never_been():
    optimizer = make()
    hooks = (optimizer._optimizer_step_pre_hooks, optimizer._optimizer_step_post_hooks)
    Scheduler(optimizer, PLAN).close()
    assert not any(hooks)


# Threads, and long runs


@pytest.fixture
def nervous():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("nervous")
@pytest.mark.parametrize(("clock", "behind"), [("calls", 0), ("updates", 1)])
def test_a_state_taken_by_another_thread_is_never_torn(clock, behind):
    optimizer = make(torch.optim.SGD, 1.0, 1.0, 1.0)
    scheduler = Scheduler(optimizer, linear(0, 1000, steps=1000), clock=clock)  # update i uses i + 1
    states: list[dict[str, Any]] = []
    done: list[bool] = []

    def save():
        while not done:
            states.append(scheduler.state_dict())

    saver = Thread(target=save)
    saver.start()
    for _ in range(900):
        optimizer.step()
        scheduler.step()
    done.append(True)
    saver.join()
    assert len(states) > 20
    for state in states:
        position = state["updates"][0] if clock == "updates" else state["calls"]
        value, count = state["values"]
        assert count == 3
        assert position - value + 1 in range(behind + 1)


def test_a_hundred_thousand_updates_leave_nothing_behind():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN >> constant(0.1))

    def run(updates):
        for _ in range(updates):
            optimizer.step()
            scheduler.step()
        gc.collect()
        return sys.getallocatedblocks()

    before = run(1000)
    assert run(100_000) - before < 100
