"""What the plan multiplies, where the code and the checkpoint say different things."""

import re

import pytest
import torch

from preheat import PreheatWarning, linear, noam
from preheat.torch import Scheduler
from resuming import ORDERS, resumed, saved, started, states
from training import PLAN, VALUES, make, sentences, train, update


@pytest.mark.parametrize("updates", [0, 3, 4, 5, 20, 40])
@pytest.mark.parametrize("order", ["bos", "bso"])
def test_the_saved_base_again_is_no_change(order, updates):
    optimizer, scheduler = resumed(saved(updates), order, peak=0.1)
    assert scheduler.base_lrs == (0.1,)
    assert train(optimizer, scheduler, 40 - updates) == [0.1 * value for value in VALUES[updates:]]


@pytest.mark.parametrize("updates", [0, 3, 4, 5, 20, 40])
def test_a_loaded_value_is_no_change(updates):
    optimizer, scheduler = resumed(saved(updates), "obs", peak=None)
    assert scheduler.base_lrs == (0.1,)
    assert train(optimizer, scheduler, 40 - updates) == [0.1 * value for value in VALUES[updates:]]


@pytest.mark.parametrize("order", ORDERS)
def test_a_new_peak_in_the_code_is_used_and_said(order):
    words = (
        "load_state_dict(): the lr that the plan multiplies has changed; saved 0.1, the code's 0.25 in group 0; "
        'on_change="checkpoint" keeps the saved one'
    )
    with pytest.warns(PreheatWarning, match=f"^{re.escape(words)}$"):
        optimizer, scheduler = resumed(saved(20), order, peak=0.25)
    assert scheduler.base_lrs == (0.25,)
    assert train(optimizer, scheduler, 20) == [0.25 * value for value in VALUES[20:]]


@pytest.mark.parametrize("order", ORDERS)
def test_the_saved_peak_is_kept_where_the_checkpoint_counts(order):
    words = "saved 0.1, the code's 0.25 in group 0; the saved one is kept"
    with pytest.warns(PreheatWarning, match=words):
        optimizer, scheduler = resumed(saved(20), order, peak=0.25, on_change="checkpoint")
    assert train(optimizer, scheduler, 20) == [0.1 * value for value in VALUES[20:]]


@pytest.mark.parametrize("order", ["bs", "obs"])
def test_a_new_peak_is_an_error_where_nothing_may_change(order):
    words = r"saved 0.1, the code's 0.25 in group 0; it must be the saved one \(on_change=.error.\)"
    with pytest.raises(ValueError, match=words):
        resumed(saved(20), order, peak=0.25, on_change="error")


@pytest.mark.parametrize("order", ["bos", "bso"])
def test_a_new_peak_that_equals_the_old_floor_is_the_codes(order):
    state = saved(40)
    floor = state[1]["values"][0]
    assert floor == 0.1 * 0.1
    with pytest.warns(PreheatWarning, match=f"saved 0.1, the code's {floor} in group 0; on_change"):
        _, scheduler = resumed(state, order, peak=floor)
    assert scheduler.base_lrs == (floor,)


def test_set_between_loading_and_building_a_peak_that_equals_the_old_floor_was_loaded():
    state = saved(40)
    _, scheduler = resumed(state, "obs", peak=state[1]["values"][0])
    assert scheduler.base_lrs == (0.1,)


def test_a_mark_of_yet_another_run_does_not_make_a_peak_a_loaded_one():
    state = saved(40)
    optimizer = make(torch.optim.SGD, state[1]["values"][0])
    optimizer.param_groups[0]["initial_lr"] = 0.7
    scheduler = Scheduler(optimizer, PLAN)
    with pytest.warns(PreheatWarning, match="saved 0.1, the code's"):
        scheduler.load_state_dict(state[1])
    assert scheduler.base_lrs == (0.1 * 0.1,)


@pytest.mark.parametrize("order", ORDERS)
def test_of_a_new_peak_the_second_resumption_says_nothing(order):
    with pytest.warns(PreheatWarning, match="has changed"):
        optimizer, scheduler = resumed(saved(20), order, peak=0.25)
    train(optimizer, scheduler, 5)
    state = states(optimizer, scheduler)
    optimizer, scheduler = resumed(state, order, peak=None if order == "obs" else 0.25)
    assert train(optimizer, scheduler, 15) == [0.25 * value for value in VALUES[25:]]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("on_change", ["code", "checkpoint", "error"])
def test_under_lr_another_value_is_no_change(order, on_change):
    def bound(optimizer):
        return Scheduler(optimizer, lr=noam(512, 4), on_change=on_change)

    first = make(torch.optim.Adam, 0.1)
    scheduler = bound(first)
    train(first, scheduler, 7)
    second = make(torch.optim.Adam, 0.25)
    again = started(order, second, bound, states(first, scheduler))
    assert again.base_lrs == (0.1,)
    assert train(second, again, 5) == [noam(512, 4)(i) for i in range(7, 12)]


def decayed(decay, **options):
    """An optimizer and a scheduler that drives its weight decay, too."""
    optimizer = make(torch.optim.AdamW, 0.1, weight_decay=decay)
    return optimizer, Scheduler(optimizer, PLAN, scale={"weight_decay": linear(1, 0.5, steps=40)}, **options)


@pytest.mark.parametrize("order", ["bos", "bso"])
@pytest.mark.parametrize("decay", [0.02, 0.005], ids=["new", "equal to the old floor"])
def test_a_new_weight_decay_is_used_and_said(order, decay):
    first, scheduler = decayed(0.01)
    train(first, scheduler, 39)
    of_optimizer, of_scheduler = states(first, scheduler)
    second, again = decayed(decay)
    words = f"the weight_decay that the plan multiplies has changed; saved 0.01, the code's {decay} in group 0"
    if order == "bos":
        second.load_state_dict(of_optimizer)
    with pytest.warns(PreheatWarning, match=words):
        again.load_state_dict(of_scheduler)
    if order == "bso":
        second.load_state_dict(of_optimizer)
    update(second)
    assert second.param_groups[0]["weight_decay"] == decay * 0.5


def test_without_a_driven_lr_a_weight_decay_that_equals_the_value_saved_was_loaded():
    def bound(optimizer):
        return Scheduler(optimizer, scale={"weight_decay": linear(1, 0.5, steps=40)})

    first = make(torch.optim.AdamW, 0.1, weight_decay=0.01)
    scheduler = bound(first)
    train(first, scheduler, 40)
    second = make(torch.optim.AdamW, 0.1, weight_decay=0.01)
    second.load_state_dict(first.state_dict())
    again = bound(second)
    again.load_state_dict(scheduler.state_dict())
    assert again.next() == {0: {"weight_decay": 0.005}}


def test_of_many_groups_a_change_is_one_sentence():
    first = make(torch.optim.SGD, 0.1, 0.2, 0.3, 0.4, 0.5)
    state = Scheduler(first, PLAN).state_dict()
    second = make(torch.optim.SGD, 0.1, 2.0, 3.0, 4.0, 5.0)
    with pytest.warns(PreheatWarning) as caught:
        Scheduler(second, PLAN).load_state_dict(state)
    (sentence,) = sentences(caught)
    listed = "saved 0.2, the code's 2.0 in group 1; saved 0.3, the code's 3.0 in group 2; saved 0.4, the code's 4.0"
    assert f"{listed} in group 3 and 1 more;" in sentence


def test_at_bind_a_stale_initial_lr_is_not_the_base():
    optimizer = make(torch.optim.AdamW, 0.1)
    optimizer.load_state_dict(saved(40, kind=torch.optim.AdamW)[0])
    optimizer.param_groups[0]["lr"] = 0.05
    scheduler = Scheduler(optimizer, PLAN)
    assert scheduler.base_lrs == (0.05,)
    assert optimizer.param_groups[0]["initial_lr"] == 0.05
    words = (
        "Scheduler: the optimizer bears initial_lr=0.1 and lr=0.05 of an earlier run, and no scheduler state was "
        "loaded, so the plan starts at update 0 from base 0.05; load the scheduler's state, or build it on each "
        "group's own lr and seek(k)"
    )
    with pytest.warns(PreheatWarning, match=re.escape(words)):
        update(optimizer)
    scheduler.step()
    assert train(optimizer, scheduler, 39) == [0.05 * value for value in VALUES[1:]]


def test_what_was_loaded_once_is_no_change_of_a_later_load():
    first, last = saved(2), saved(20)
    optimizer, scheduler = resumed(first, "obs", peak=None)
    for state, values in ((last, VALUES[20:22]), (first, VALUES[2:4])):
        scheduler.load_state_dict(state[1])
        assert train(optimizer, scheduler, 2) == [0.1 * value for value in values]
