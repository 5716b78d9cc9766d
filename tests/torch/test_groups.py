"""Groups: which plan each follows, those that come late, and several optimizers."""

import re

import pytest
import torch

from preheat import PreheatWarning, constant, linear
from preheat.torch import Scheduler
from training import PLAN, VALUES, make, train, update, watched, weight

RISING, FALLING = linear(0, 1, steps=4), linear(1, 0, steps=4)


def named(**lrs):
    """An optimizer with a group for each name."""
    return torch.optim.SGD([{"params": [weight()], "lr": lr, "name": name} for name, lr in lrs.items()])


def late(optimizer, **knobs):
    optimizer.add_param_group({"params": [weight()], **knobs})


# Mappings


def test_each_group_keeps_its_own_lr_under_one_plan():
    optimizer = make(torch.optim.SGD, 1.0, 4.0, 0.5)
    seen = watched(optimizer)
    train(optimizer, Scheduler(optimizer, RISING), 4)
    assert seen == [[0.25, 1, 0.125], [0.5, 2, 0.25], [0.75, 3, 0.375], [1, 4, 0.5]]


@pytest.mark.parametrize(
    "plans",
    [
        {"head": RISING, "body": FALLING},
        {0: FALLING, 1: RISING},
        {"head": RISING, "*": FALLING},
        {"head": RISING, 1: "constant(1)", "*": FALLING},
        {"*": FALLING, "head": "linear(0, 1, steps=4)"},
        {0: FALLING, "*": lambda i: (i + 1) / 4},
    ],
    ids=["names", "indices", "name, star", "name, index, star", "star first", "a function"],
)
def test_a_group_follows_the_first_match_of_name_index_and_star(plans):
    optimizer = named(body=1.0, head=4.0)
    seen = watched(optimizer)
    train(optimizer, Scheduler(optimizer, plans), 3)
    assert seen == [[0.75, 1], [0.5, 2], [0.25, 3]]


def test_a_name_matches_all_groups_that_bear_it():
    optimizer = named(body=1.0)
    late(optimizer, name="head", lr=2.0)
    late(optimizer, name="head", lr=4.0)
    assert Scheduler(optimizer, {"body": FALLING, "head": RISING}).get_last_lr() == [0.75, 0.5, 1]


def test_none_leaves_a_group_alone():
    optimizer = named(body=1.0, head=4.0)
    scheduler = Scheduler(optimizer, {"body": None, "*": RISING})
    optimizer.param_groups[0]["lr"] = 7.0
    train(optimizer, scheduler, 2)
    assert scheduler.get_last_lr() == [7, 3]
    assert "initial_lr" not in optimizer.param_groups[0]


def test_what_is_left_alone_need_not_have_the_knob():
    plain, adaptive = make(torch.optim.SGD), make(torch.optim.AdamW, betas=(0.5, 0.75))
    Scheduler([plain, adaptive], values={"betas[0]": {(0, 0): None, "*": RISING * 0.5}})
    assert adaptive.param_groups[0]["betas"] == (0.125, 0.75)


ARGUMENTS = {
    "plan": lambda plans: {"plan": plans},
    "lr": lambda plans: {"lr": plans},
    "scale['momentum']": lambda plans: {"scale": {"momentum": plans}},
    "values['momentum']": lambda plans: {"values": {"momentum": plans}},
}
MISMATCHED = {
    "{...}): the key 'haed' must match a group; there are 'body', 'head', 2": {"haed": RISING, "*": RISING},
    "{...}): the key 3 must match a group; there are 'body', 'head', 2": {3: None, "*": RISING},
    "{...}): the key (0, 0) must match a group; there are 'body', 'head', 2": {(0, 0): RISING, "*": RISING},
    "{...}): group 1 ('head') must match a key, one of 'body', 2; add it, or \"*\" for all others (None leaves a group "
    "alone)": {"body": RISING, 2: RISING},
    "{...}): group 2 must match a key, one of 'body', 'head'; add it, or \"*\" for all others (None leaves a group "
    "alone)": {"body": RISING, "head": RISING},
    "{...}): at least one group must have a plan; None leaves one alone": {"*": None},
}


@pytest.mark.parametrize(("rest", "plans"), MISMATCHED.items(), ids=[str(plans) for plans in MISMATCHED.values()])
@pytest.mark.parametrize(("argument", "given"), ARGUMENTS.items(), ids=ARGUMENTS)
def test_a_key_without_a_group_and_a_group_without_a_key_are_errors_that_list_the_names(argument, given, rest, plans):
    optimizer = named(body=1.0, head=4.0)
    late(optimizer, lr=1.0)
    with pytest.raises(ValueError, match=r"^Scheduler\(") as caught:
        Scheduler(optimizer, **given(plans))
    assert str(caught.value) == f"Scheduler({argument}={rest}"


# Several optimizers


def test_several_optimizers_follow_one_plan_from_their_own_lrs_and_counts():
    first, second = make(torch.optim.SGD, 1.0), make(torch.optim.AdamW, 2.0, 4.0)
    scheduler = Scheduler([first, second], PLAN)
    seen = [watched(first), watched(second)]
    for i in range(40):
        update(first)
        if i % 2:
            update(second)
        scheduler.step()
    assert seen[0] == [[value] for value in VALUES]
    assert seen[1] == [[2 * value, 4 * value] for value in VALUES[:20]]
    assert scheduler.optimizers == (first, second)
    assert scheduler.optimizer is first
    assert scheduler.last_epoch == 40
    assert scheduler.base_lrs == (1, 2, 4)
    assert len(scheduler.get_last_lr()) == 3


@pytest.mark.parametrize("calls", [0, 1])
def test_the_grad_scaler_may_skip_one_of_them(calls):
    first, second = make(torch.optim.SGD), make(torch.optim.AdamW, fused=True)
    scheduler = Scheduler((first, second), RISING)
    amp = torch.amp.GradScaler("cpu", init_scale=2.0)
    for finite in (True, False, True):
        for optimizer in (first, second):
            (parameter,) = optimizer.param_groups[0]["params"]
            optimizer.zero_grad()
            amp.scale(parameter.sum()).backward()
            if optimizer is second and not finite:
                parameter.grad[0] = torch.inf
            amp.step(optimizer)
        amp.update()
        for _ in range(calls):
            scheduler.step()
    assert scheduler.state_dict()["updates"] == [3, 2]
    assert scheduler.get_last_lr() == ([1, 0.75] if calls else [0.75, 0.5])


def test_a_pair_names_a_group_of_one_of_them():
    first, second = make(torch.optim.SGD, 1.0, 1.0), make(torch.optim.SGD, 1.0)
    scheduler = Scheduler([first, second], {(0, 1): RISING, (1, 0): FALLING, "*": constant(0.5)})
    assert scheduler.get_last_lr() == [0.5, 0.25, 0.75]


def test_an_index_alone_does_not():
    with pytest.raises(ValueError, match=re.escape("the key 0 must match a group; there are (0, 0), 'body'")):
        Scheduler([make(), named(body=1.0)], {0: RISING, "*": RISING})
    with pytest.raises(ValueError, match=re.escape("group (1, 0) must match a key, one of (0, 0); add it")):
        Scheduler([make(), make()], {(0, 0): RISING})


def test_each_is_given_once_and_there_is_at_least_one():
    optimizer = make()
    for optimizers in ([], [optimizer, optimizer]):
        with pytest.raises(ValueError, match=r"optimizers\]\): there must be one or more, each given once$"):
            Scheduler(optimizers, PLAN)


# Groups that come late


@pytest.mark.parametrize("how", [{}, {"auto": True}, {"clock": "calls"}])
@pytest.mark.parametrize("before_the_call", [True, False])
def test_a_late_group_adopts_the_plan_at_the_current_update_from_its_own_lr(how, before_the_call):
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN, **how)
    seen = watched(optimizer)
    for i in range(40):
        update(optimizer)
        if i == 19 and before_the_call:
            late(optimizer, lr=2.0)
        scheduler.step()
        if i == 19 and not before_the_call:
            late(optimizer, lr=2.0)
    assert seen == [[value] for value in VALUES[:20]] + [[value, 2 * value] for value in VALUES[20:]]
    assert optimizer.param_groups[1]["initial_lr"] == 2


def test_so_it_does_where_nobody_calls():
    optimizer = make()
    Scheduler(optimizer, PLAN)
    train(optimizer, updates=20)
    late(optimizer, lr=2.0)
    seen = watched(optimizer)
    train(optimizer, updates=20)
    assert seen == [[value, 2 * value] for value in VALUES[20:]]


def test_where_the_knobs_hold_the_others_are_left_as_another_hand_has_put_them():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, 20)
    optimizer.param_groups[0]["lr"] = 7.0
    late(optimizer, lr=2.0)
    seen = watched(optimizer)
    train(optimizer, updates=3)
    assert seen == [[7, 2 * VALUES[20]]] * 3


@pytest.mark.parametrize("calls", [0, 1])
def test_one_that_joins_from_zero_has_its_own_clock(calls):
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, 20, calls)
    late(optimizer, lr=2.0, join="from_zero")
    seen = watched(optimizer)
    train(optimizer, scheduler, 10, calls)
    late(optimizer, lr=1.0, join="from_zero")
    train(optimizer, scheduler, 10, calls)
    assert [row[0] for row in seen] == VALUES[20:]
    assert [row[1] for row in seen] == [2 * value for value in VALUES[:20]]
    assert [row[2] for row in seen[10:]] == VALUES[:10]
    assert all("join" not in group for group in optimizer.param_groups)


def test_it_counts_from_its_first_update_also_while_the_knobs_hold():
    optimizer = make()
    scheduler = Scheduler(optimizer, RISING >> constant(1))
    train(optimizer, scheduler, 1)
    with pytest.warns(PreheatWarning, match="updates pass without step"):
        train(optimizer, updates=4)
    late(optimizer, join="from_zero", lr=1.0)
    seen = watched(optimizer)
    train(optimizer, scheduler, 3)
    assert seen == [[0.5, 0.25], [1, 0.5], [1, 0.75]]


@pytest.mark.parametrize("join", ["from zero", 0, True])
def test_another_way_to_join_is_an_error(join):
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    late(optimizer, lr=1.0, join=join)
    for use in (optimizer.step, scheduler.step):
        with pytest.raises(ValueError, match=re.escape(f'join={join!r}): join must be "from_zero" or absent')):
            use()
    assert scheduler.last_epoch == 0


def test_a_late_group_takes_the_plan_of_its_key():
    optimizer = named(body=1.0, head=4.0)
    scheduler = Scheduler(optimizer, {"body": FALLING, "head": RISING, "*": None})
    update(optimizer)
    late(optimizer, lr=2.0, name="head")
    late(optimizer, lr=2.0, name="body")
    late(optimizer, lr=2.0, name="neck")
    scheduler.step()
    assert scheduler.get_last_lr() == [0.5, 2, 1, 1, 2]


def test_one_without_a_key_is_an_error_and_changes_nothing():
    optimizer = named(body=1.0)
    scheduler = Scheduler(optimizer, {"body": RISING}, values={"dampening": RISING})
    late(optimizer, lr=2.0, name="head")
    for use in (optimizer.step, scheduler.step):
        with pytest.raises(ValueError, match=re.escape("group 1 ('head') must match a key, one of 'body'; add it")):
            use()
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (0, [0.25, 2])


def test_one_of_another_optimizer_has_its_pair():
    optimizers = [make(), make()]
    scheduler = Scheduler(optimizers, PLAN)
    late(optimizers[1], lr=2.0)
    update(*optimizers)
    scheduler.step()
    assert scheduler.get_last_lr() == [VALUES[1], VALUES[1], 2 * VALUES[1]]


def test_a_late_group_with_the_tensor_of_the_defaults_gets_one_of_its_own():
    optimizer = torch.optim.SGD([weight()], lr=torch.tensor(0.5))
    scheduler = Scheduler(optimizer, RISING)
    late(optimizer)
    assert optimizer.param_groups[1]["lr"] is optimizer.defaults["lr"]
    train(optimizer, scheduler, 1)
    assert scheduler.get_last_lr() == [0.25, 0.25]
    assert float(optimizer.defaults["lr"]) == 0.5


def test_a_group_that_is_gone_is_an_error():
    optimizer = make(torch.optim.SGD, 1.0, 1.0)
    scheduler = Scheduler(optimizer, PLAN)
    optimizer.param_groups.pop()
    for use in (optimizer.step, scheduler.step):
        with pytest.raises(ValueError, match="the optimizer must keep its groups, 2 at bind, now 1"):
            use()


def test_groups_that_are_replaced_are_followed():
    optimizer = make(torch.optim.SGD, 1.0, 2.0)
    scheduler = Scheduler(optimizer, PLAN)
    optimizer.param_groups = [dict(group) for group in optimizer.param_groups]  # as load_state_dict does
    seen = watched(optimizer)
    train(optimizer, scheduler)
    assert seen == [[value, 2 * value] for value in VALUES]
