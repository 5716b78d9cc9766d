"""Knobs: any number of an optimizer's group, multiplied or set, written where it lies."""

import re

import numpy as np
import pytest
import torch

from preheat import constant, exponential, function, inverse_sqrt, linear, noise, warmup
from preheat._torch.bind.plan_checks import CHUNK, MOST
from preheat.torch import Scheduler
from training import PLAN, VALUES, make, plain, train, update, watched, weight

RISING = linear(0, 1, steps=4)  # 0.25, 0.5, 0.75, 1

# An optimizer, a knob of it, its own value, and where the group holds it.
KNOBS = [
    pytest.param(torch.optim.AdamW, {"weight_decay": 0.5}, "weight_decay", 0.5, id="weight_decay"),
    pytest.param(torch.optim.SGD, {"momentum": 0.5}, "momentum", 0.5, id="momentum"),
    pytest.param(torch.optim.AdamW, {"betas": (0.5, 0.75)}, "betas[0]", 0.5, id="betas[0]"),
    pytest.param(torch.optim.AdamW, {"betas": (0.5, 0.75)}, "betas[1]", 0.75, id="betas[1]"),
    pytest.param(torch.optim.AdamW, {"eps": 0.5}, "eps", 0.5, id="eps"),
    pytest.param(torch.optim.RMSprop, {"alpha": 0.5}, "alpha", 0.5, id="alpha"),
    pytest.param(torch.optim.SGD, {"momentum": 0.5, "dampening": 0.5}, "dampening", 0.5, id="dampening"),
    pytest.param(torch.optim.Adafactor, {"eps": (None, 0.5)}, "eps[1]", 0.5, id="eps[1]"),
    pytest.param(torch.optim.Rprop, {"etas": (0.5, 1.25)}, "etas[1]", 1.25, id="etas[1]"),
]


def read(optimizer, path):
    """What the first group holds under a knob's path."""
    key, _, index = path.partition("[")
    held = optimizer.param_groups[0][key]
    return held[int(index[:-1])] if index else held


@pytest.mark.parametrize("calls", [0, 1])
@pytest.mark.parametrize(("kind", "knobs", "path", "own"), KNOBS)
def test_scale_multiplies_the_groups_own_value(kind, knobs, path, own, calls):
    optimizer = make(kind, **knobs)
    scheduler = Scheduler(optimizer, scale={path: RISING})
    used = []
    optimizer.register_step_post_hook(lambda *_: used.append(read(optimizer, path)))
    train(optimizer, scheduler, 4, calls)
    assert used == [own * 0.25, own * 0.5, own * 0.75, own]
    assert all(type(value) is float for value in used)


@pytest.mark.parametrize(("kind", "knobs", "path", "own"), KNOBS)
def test_values_set_it(kind, knobs, path, own):
    optimizer = make(kind, **knobs)
    scheduler = Scheduler(optimizer, values={path: RISING * 0.5})
    assert read(optimizer, path) == 0.125 != own
    update(optimizer)
    scheduler.step()
    assert read(optimizer, path) == 0.25


def test_several_knobs_follow_each_its_plan():
    optimizer = make(torch.optim.AdamW, 2.0, betas=(0.5, 0.75), weight_decay=1.0)
    scheduler = Scheduler(
        optimizer,
        RISING,
        scale={"weight_decay": 1 - RISING},
        values={"betas[0]": constant(0.25), "betas[1]": 0.5 * RISING},
    )
    seen = {key: watched(optimizer, key) for key in ("lr", "weight_decay", "betas")}
    train(optimizer, scheduler, 3)
    assert seen["lr"] == [[0.5], [1.0], [1.5]]
    assert seen["weight_decay"] == [[0.75], [0.5], [0.25]]
    assert seen["betas"] == [[(0.25, 0.125)], [(0.25, 0.25)], [(0.25, 0.375)]]


def test_betas_stay_a_tuple_of_floats_and_a_list_a_list():
    optimizer = make(torch.optim.AdamW, betas=(0.5, 0.75))
    Scheduler(optimizer, values={"betas[0]": RISING * 0.5})
    assert optimizer.param_groups[0]["betas"] == (0.125, 0.75)
    optimizer = make(torch.optim.AdamW)
    optimizer.param_groups[0]["betas"] = [0.5, 0.75]
    Scheduler(optimizer, values={"betas[0]": RISING * 0.5})
    assert optimizer.param_groups[0]["betas"] == [0.125, 0.75]


def test_the_lr_may_be_scaled_or_set_under_its_name_as_well():
    by_name, by_argument = make(torch.optim.SGD, 2.0), make(torch.optim.SGD, 2.0)
    assert train(by_name, Scheduler(by_name, scale={"lr": RISING}), 4) == [0.5, 1, 1.5, 2]
    assert train(by_argument, Scheduler(by_argument, values={"lr": RISING}), 4) == [0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize(
    "lr", [np.float32(0.5), np.float64(0.5), np.int64(2), 2], ids=["float32", "float64", "int64", "int"]
)
def test_numbers_of_other_kinds_are_knobs_too(lr):
    optimizer = make(torch.optim.SGD, lr)
    Scheduler(optimizer, RISING)
    assert optimizer.param_groups[0]["lr"] == float(lr) * 0.25
    assert type(optimizer.param_groups[0]["lr"]) is float


# What is no knob


ADAMW = "lr, betas[0], betas[1], eps, weight_decay"
KEY = "a key of the group, such as 'lr' or 'betas[0]'"
NO_KNOB = {
    f"knob='wieght_decay'): knob must be a number of group 0; did you mean 'weight_decay'? it has {ADAMW}": {
        "scale": {"wieght_decay": RISING}
    },
    f"knob='betas'): knob must be a number of group 0; did you mean 'betas[1]'? it has {ADAMW}": {
        "values": {"betas": RISING}
    },
    f"knob='params[0]'): knob must be a number of group 0; it has {ADAMW}": {"values": {"params[0]": RISING}},
    f"knob='amsgrad'): knob must be a number of group 0; it has {ADAMW}": {"scale": {"amsgrad": RISING}},
    f"knob='betas[-1]'): knob must be {KEY}": {"scale": {"betas[-1]": RISING}},
    f"knob=7): knob must be {KEY}": {"scale": {7: RISING}},
    "lr=...): lr must be given once; plan and scale multiply it, lr and values set it": {"plan": RISING, "lr": RISING},
    "values['eps']=...): eps must be given once; plan and scale multiply it, lr and values set it": {
        "scale": {"eps": RISING},
        "values": {"eps": RISING},
    },
    "plan=None): a plan must be given; plan multiplies the lr, lr= sets it, scale= and values= do so with any knob": {
        "scale": {"lr": None}
    },
}


@pytest.mark.parametrize(("rest", "given"), NO_KNOB.items(), ids=[str(given) for given in NO_KNOB.values()])
def test_a_knob_that_is_none_is_an_error_in_words(rest, given):
    with pytest.raises(ValueError, match=r"^Scheduler\(") as caught:
        Scheduler(make(torch.optim.AdamW), **given)
    assert str(caught.value) == f"Scheduler({rest}"


def test_nor_is_a_tensor_of_whole_numbers():
    with pytest.raises(ValueError, match=re.escape("knob must be a number of group 0; it has momentum, dampening")):
        Scheduler(make(torch.optim.SGD, torch.tensor(1)), RISING)


NONE = "must be a plan, its text, or a function of the update's index"
NO_PLAN = {
    "scale=linear(0, 1, steps=4)): scale must be a dict from knob to plan": {"scale": RISING},
    "values='lr'): values must be a dict from knob to plan": {"values": "lr"},
    f"lr=0.1): lr {NONE}; constant(0.1) holds a number": {"lr": 0.1},
    f"scale['eps']=3): scale['eps'] {NONE}; constant(3) holds a number": {"scale": {"eps": 3}},
    f"plan[0]=True): plan[0] {NONE}": {"plan": {0: True}},
}


@pytest.mark.parametrize(("rest", "given"), NO_PLAN.items(), ids=[str(given) for given in NO_PLAN.values()])
def test_what_is_no_plan_is_an_error_in_words(rest, given):
    with pytest.raises(TypeError, match=r"^Scheduler\(") as caught:
        Scheduler(make(torch.optim.AdamW), **given)
    assert str(caught.value) == f"Scheduler({rest}"


def test_a_group_whose_own_value_is_no_number_is_refused():
    optimizer = make()
    optimizer.param_groups[0]["lr"] = float("nan")
    with pytest.raises(ValueError, match=re.escape("Scheduler(): lr of group 0 must be 0 or more, got nan")):
        Scheduler(optimizer, PLAN)


# Ranges


FALLS, LEAPS = constant(1, steps=7) >> constant(-1), constant(1, steps=3) >> constant(2)
HUGE = linear(0, 1e308, steps=1) * 1e50
OUTSIDE = {
    "plan=linear(1, -1, steps=10)): lr must be 0 or more, got -0.2 at update 5": {"plan": linear(1, -1, steps=10)},
    f"scale['weight_decay']={FALLS}): weight_decay must be 0 or more, got -0.5 at update 7": {
        "scale": {"weight_decay": FALLS}
    },
    "values['betas[0]']=linear(0, 1, steps=4)): betas[0] must be at least 0 and below 1, got 1 at update 3": {
        "values": {"betas[0]": RISING}
    },
    f"scale['betas[1]']={LEAPS}): betas[1] must be at least 0 and below 1, got 1.5 at update 3": {
        "scale": {"betas[1]": LEAPS}
    },
    f"values['eps']={HUGE}): eps must be 0 or more, got inf at update 0": {"values": {"eps": HUGE}},
}


@pytest.mark.parametrize(("rest", "given"), OUTSIDE.items(), ids=[str(given) for given in OUTSIDE.values()])
def test_a_plan_that_leaves_the_range_of_its_knob_is_refused_at_bind_with_the_update(rest, given):
    optimizer = make(torch.optim.AdamW, weight_decay=0.5, betas=(0.5, 0.75))
    with pytest.raises(ValueError, match=r"^Scheduler\(") as caught:
        Scheduler(optimizer, **given)
    assert str(caught.value) == f"Scheduler({rest}"
    assert optimizer.param_groups[0]["lr"] == 1.0
    assert "initial_lr" not in optimizer.param_groups[0]


def test_of_several_groups_the_first_to_leave_it_is_named():
    optimizer = make(torch.optim.AdamW)
    optimizer.param_groups[0]["betas"] = (0.5, 0.5)
    optimizer.add_param_group({"params": [weight()], "betas": (0.75, 0.5)})
    with pytest.raises(ValueError, match=r"got 1.05 at update 6$"):
        Scheduler(optimizer, scale={"betas[0]": linear(0, 2, steps=10)})


def test_an_endless_plan_is_looked_at_at_all_of_its_seams():
    Scheduler(make(), inverse_sqrt(100))
    for steps in (99_999, 10**9):
        with pytest.raises(ValueError, match=f"got -1 at update {steps}$"):
            Scheduler(make(), constant(1, steps=steps) >> constant(-1))


def test_the_update_is_named_at_which_the_range_is_left_though_few_are_looked_at():
    with pytest.raises(ValueError, match=r"lr must be 0 or more, got -1.6e-06 at update 937500$"):
        Scheduler(make(), 1.5 - linear(0, 1.6, steps=1_000_000))


def test_a_long_plan_with_noise_is_looked_at_in_pieces_to_its_end():
    n = 2 * CHUNK + 3
    with pytest.raises(ValueError, match=f"got -1 at update {n - 1}$"):
        Scheduler(make(), noise(constant(1, steps=n - 1) >> constant(-1, steps=1), 0, seed=0))


def test_a_longer_one_at_a_million_updates_the_last_included():
    n = 3 * MOST
    with pytest.raises(ValueError, match=f"got -1 at update {n - 1}$"):
        Scheduler(make(), noise(constant(1, steps=n - 1) >> constant(-1, steps=1), 0, seed=0))


def test_a_knob_without_a_range_may_be_negative_but_must_be_finite():
    optimizer = make(torch.optim.SGD, momentum=0.5, dampening=0.5)
    Scheduler(optimizer, values={"dampening": constant(-1)})
    assert optimizer.param_groups[0]["dampening"] == -1.0
    with pytest.raises(ValueError, match=r"dampening must be a finite number, got inf at update 0$"):
        Scheduler(make(torch.optim.SGD, momentum=0.5, dampening=10.0), scale={"dampening": constant(1e308)})


# Functions of the user's


def test_a_function_is_called_for_no_update_before_its_own():
    asked = []

    def ask(i):
        asked.append(i)
        return 0.5

    optimizer = make()
    scheduler = Scheduler(optimizer, warmup(2) >> function(ask), values={"momentum": ask})
    assert max(asked) == 0
    train(optimizer, scheduler, 5)
    assert max(asked) == 5


def test_its_values_are_checked_one_by_one_and_named_with_the_update():
    optimizer = make()
    scheduler = Scheduler(optimizer, lambda i: 3 - i)
    train(optimizer, scheduler, 3)
    update(optimizer)
    with pytest.raises(ValueError, match=r"lr must be 0 or more, got -1 at update 4$"):
        scheduler.step()
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (4, [0])


def test_a_call_that_fails_has_not_happened():
    broken = [False]

    def value(i):
        if broken[0]:
            raise ZeroDivisionError
        return 1 / (i + 1)

    scheduler = Scheduler(make(), value, clock="calls")
    scheduler.step()
    broken[0] = True
    with pytest.raises(ZeroDivisionError):
        scheduler.step()
    broken[0] = False
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (1, [0.5])
    scheduler.step()
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (2, [1 / 3])


# Tensors


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_a_tensor_is_written_in_place_and_rounded_once(dtype):
    lr = torch.tensor(0.1, dtype=dtype)
    optimizer = make(torch.optim.SGD, lr)
    own = float(lr)
    scheduler = Scheduler(optimizer, exponential(1, 1e-3, steps=40))
    held = optimizer.param_groups[0]["lr"]
    used = train(optimizer, scheduler)
    assert used == [float(torch.tensor(own * v, dtype=dtype)) for v in exponential(1, 1e-3, steps=40).values()]
    assert optimizer.param_groups[0]["lr"] is held
    assert (held.dtype, held.device, held.shape) == (lr.dtype, lr.device, lr.shape)


def test_a_tensor_of_one_element_keeps_its_shape():
    optimizer = make(torch.optim.SGD, torch.tensor([0.5], dtype=torch.float64))
    Scheduler(optimizer, RISING)
    assert optimizer.param_groups[0]["lr"].tolist() == [0.125]


def test_one_tensor_given_to_all_groups_is_shared_no_more_nor_with_the_defaults():
    lr = torch.tensor(0.5, dtype=torch.float64)
    optimizer = torch.optim.SGD([{"params": [weight()]}, {"params": [weight()]}], lr=lr)
    assert optimizer.param_groups[0]["lr"] is optimizer.param_groups[1]["lr"] is optimizer.defaults["lr"]
    scheduler = Scheduler(optimizer, {0: RISING, 1: constant(1)})
    train(optimizer, scheduler, 2)
    assert scheduler.get_last_lr() == [0.375, 0.5]
    assert (float(optimizer.defaults["lr"]), float(lr)) == (0.5, 0.5)


def test_nor_after_the_optimizers_state_was_loaded():
    def fresh():
        lr = torch.tensor(0.5, dtype=torch.float64)
        return torch.optim.SGD([{"params": [weight()]}, {"params": [weight()]}], lr=lr)

    optimizer = fresh()
    scheduler = Scheduler(optimizer, {0: RISING, 1: constant(1)})
    optimizer.load_state_dict(fresh().state_dict())
    assert optimizer.param_groups[0]["lr"] is optimizer.param_groups[1]["lr"]
    train(optimizer, scheduler, 2)
    assert scheduler.get_last_lr() == [0.375, 0.5]


def test_betas_of_tensors_are_written_in_place():
    betas = (torch.tensor(0.5, dtype=torch.float64), torch.tensor(0.75))
    optimizer = make(torch.optim.AdamW, torch.tensor(1.0), betas=betas, capturable=False, foreach=False)
    scheduler = Scheduler(optimizer, values={"betas[0]": RISING * 0.5})
    held = optimizer.param_groups[0]["betas"]
    scheduler.seek(1)
    assert optimizer.param_groups[0]["betas"][0] is held[0]
    assert plain(held) == (0.25, 0.75)
    assert float(betas[0]) == 0.5


def test_a_tensor_that_requires_a_gradient_is_written_as_well():
    optimizer = make(torch.optim.SGD, torch.tensor(0.5, requires_grad=True), differentiable=True)
    scheduler = Scheduler(optimizer, RISING)
    assert scheduler.get_last_lr() == [0.125]


def test_the_values_of_a_tensor_lr_do_not_drift():
    optimizer = make(torch.optim.SGD, torch.tensor(1.0))
    scheduler = Scheduler(optimizer, PLAN)
    assert train(optimizer, scheduler) == pytest.approx(VALUES, rel=2**-24)
