"""Binding: what a Scheduler makes of what it is given, what it shows to torch and to people, and who drives."""

import re

import pytest
import torch

from preheat import PreheatWarning, constant, cosine, function, linear, noam, warmup
from preheat.torch import Scheduler
from training import PLAN, VALUES, make, sentences, train, update, watched, weight

RISING = linear(0, 1, steps=4)
REPLACES = "Scheduler(): replaces the one that drove these knobs, which is now closed; its bases are kept"


# Building


def test_building_writes_the_knobs_of_update_0_and_the_initial_lr():
    optimizer = make(torch.optim.SGD, 0.5, torch.tensor(2.0))
    Scheduler(optimizer, RISING, values={"momentum": RISING})
    assert optimizer.param_groups[0]["lr"] == 0.125
    assert float(optimizer.param_groups[1]["lr"]) == 0.5
    assert [group["momentum"] for group in optimizer.param_groups] == [0.25, 0.25]
    assert [group["initial_lr"] for group in optimizer.param_groups] == [0.5, 2]


@pytest.mark.parametrize(("clock", "after"), [("updates", "2 updates"), ("calls", "3 calls")])
def test_printed_it_shows_its_plans_and_where_it_stands(clock, after):
    optimizer = make()
    scheduler = Scheduler(optimizer, RISING, values={"momentum": constant(0.5)}, clock=clock)
    train(optimizer, scheduler, 2)
    scheduler.step()
    assert repr(scheduler) == (
        f"<Scheduler(plan=linear(0, 1, steps=4), values['momentum']=constant(0.5)) after {after}>"
    )


def test_a_stale_initial_lr_is_no_base():
    optimizer = make(torch.optim.SGD, 0.5)
    optimizer.param_groups[0]["initial_lr"] = 100.0
    scheduler = Scheduler(optimizer, RISING)
    assert (scheduler.get_last_lr(), optimizer.param_groups[0]["initial_lr"]) == ([0.125], 0.5)


def test_the_optimizers_step_is_neither_wrapped_nor_replaced():
    optimizer = make()
    step = optimizer.step
    Scheduler(optimizer, RISING)
    assert optimizer.step == step
    assert "step" not in vars(optimizer)


@pytest.mark.parametrize("plan", [RISING, "linear(0, 1, steps=4)", lambda i: min(i + 1, 4) / 4])
def test_a_plan_may_be_given_as_itself_as_text_or_as_a_function(plan):
    by_multiple, by_value = make(torch.optim.SGD, 2.0), make(torch.optim.SGD, 2.0)
    assert train(by_multiple, Scheduler(by_multiple, plan), 4) == [0.5, 1, 1.5, 2]
    assert train(by_value, Scheduler(by_value, lr=plan), 4) == [0.25, 0.5, 0.75, 1]


BAD_MODES = {
    "clock='epochs'): clock must be one of 'updates', 'calls', 'manual'": {"clock": "epochs"},
    "clock=['calls']): clock must be one of 'updates', 'calls', 'manual'": {"clock": ["calls"]},
    'auto=True, clock="calls"): clock must be "updates" where the optimizer drives': {"auto": True, "clock": "calls"},
    "auto=1): auto must be True or False": {"auto": 1},
}


@pytest.mark.parametrize(("rest", "given"), BAD_MODES.items(), ids=[str(given) for given in BAD_MODES.values()])
def test_other_modes_are_an_error_in_words(rest, given):
    with pytest.raises((ValueError, TypeError)) as caught:
        Scheduler(make(), PLAN, **given)
    assert str(caught.value) == f"Scheduler({rest}"


# A multiplier and a learning rate confused


def test_a_plan_of_learning_rates_that_multiplies_a_small_lr_is_said():
    with pytest.warns(PreheatWarning) as caught:
        Scheduler(make(torch.optim.Adam, 0.001), noam(512, 4000))
    (sentence,) = sentences(caught)
    assert sentence == (
        "Scheduler(plan=noam(512, 4000)): multiplies lr=0.001, so the lr never exceeds 7e-07; a plan of learning rates "
        "goes in lr= [confused]"
    )


def test_so_is_a_plan_of_multipliers_that_sets_the_lr():
    with pytest.warns(PreheatWarning) as caught:
        Scheduler(make(torch.optim.Adam, 0.0, 3e-4, 1e-3), lr=warmup(10) >> cosine(1, 0.1, steps=90))
    (sentence,) = sentences(caught)
    assert sentence == (
        "Scheduler(lr=linear(0, 1, steps=10) >> cosine(1, 0.1, steps=90)): sets the lr itself, which reaches 1 where "
        "the optimizer has lr=0.001; a plan of multipliers goes in plan= [confused]"
    )


def test_a_long_plan_is_shortened_there():
    long = warmup(10) >> cosine(1, 0.5, steps=10) >> cosine(0.5, 0.25, steps=10)
    with pytest.warns(PreheatWarning) as caught:
        Scheduler(make(torch.optim.Adam, 0.001), lr=long)
    (sentence,) = sentences(caught)
    shown = "linear(0, 1, steps=10) >> cosine(1, 0.5, steps=10) >> cos..."
    assert sentence.startswith(f"Scheduler(lr={shown}): sets the lr itself, which reaches 1")


@pytest.mark.parametrize(
    ("lr", "given"),
    [
        (1.0, {"plan": noam(512, 4000)}),
        (0.1, {"plan": cosine(1, 0, steps=100)}),
        (0.0, {"lr": noam(512, 4000)}),
        (0.0, {"lr": warmup(10)}),
        (0.1, {"lr": warmup(10)}),
        (0.01, {"lr": linear(0, 0.4, steps=10)}),
        (0.1, {"plan": constant(0)}),
        (0.001, {"plan": function(lambda i: 0.001 / (i + 1))}),
        (0.001, {"lr": function(lambda i: 1 / (i + 1))}),
        (0.001, {"scale": {"weight_decay": constant(0.01)}}),
    ],
    ids=str,
)
def test_what_may_well_be_meant_is_silent(lr, given):
    Scheduler(make(torch.optim.AdamW, lr), **given)


# A base of 0


def test_under_a_multiplier_a_group_of_lr_0_stays_frozen():
    optimizer = make(torch.optim.SGD, 0.0, 1.0)
    seen = watched(optimizer)
    train(optimizer, Scheduler(optimizer, RISING), 3)
    assert seen == [[0, 0.25], [0, 0.5], [0, 0.75]]


def test_if_every_group_is_that_is_an_error_which_names_the_remedy():
    with pytest.raises(ValueError, match=r"^Scheduler\(plan=") as caught:
        Scheduler(make(torch.optim.SGD, 0.0, 0.0), RISING)
    assert str(caught.value) == (
        "Scheduler(plan=linear(0, 1, steps=4)): it multiplies lr=0 in every group; lr= sets the lr itself"
    )
    with pytest.raises(ValueError, match=r"^Scheduler\(scale") as caught:
        Scheduler(make(), scale={"weight_decay": RISING})
    assert str(caught.value) == (
        "Scheduler(scale['weight_decay']=linear(0, 1, steps=4)): it multiplies weight_decay=0 in every group; "
        "values={'weight_decay': ...} sets it"
    )


# A second scheduler


@pytest.mark.parametrize("lr", [0.5, torch.tensor(0.5)], ids=["float", "tensor"])
@pytest.mark.parametrize("updates", [0, 2])
def test_a_second_on_the_same_knobs_takes_over_with_the_bases_of_the_first(updates, lr):
    optimizer = make(torch.optim.SGD, lr)
    first = Scheduler(optimizer, RISING)
    train(optimizer, first, updates)
    with pytest.warns(PreheatWarning) as caught:
        second = Scheduler(optimizer, PLAN)
    assert sentences(caught) == [REPLACES]
    assert second.base_lrs == (0.5,)
    assert train(optimizer, second) == pytest.approx([0.5 * value for value in VALUES], rel=1e-7)
    with pytest.raises(RuntimeError, match="closed: replaced by a later Scheduler on the same knobs"):
        first.step()


def test_that_warning_as_an_error_leaves_each_optimizer_with_the_first():
    optimizers = [make(), make()]
    Scheduler(optimizers, RISING)
    with pytest.raises(PreheatWarning, match="replaces the one"):
        Scheduler(optimizers, constant(0.5))
    assert [train(optimizer, updates=2) for optimizer in optimizers] == [RISING.values(2)] * 2


def test_but_an_lr_that_another_hand_has_set_meanwhile_is_a_new_base():
    optimizer = make(torch.optim.SGD, 0.5, 0.5)
    Scheduler(optimizer, RISING)
    optimizer.param_groups[1]["lr"] = 4.0
    with pytest.warns(PreheatWarning, match="replaces the one"):
        assert Scheduler(optimizer, PLAN).base_lrs == (0.5, 4)


def test_nor_is_the_lr_loaded_with_the_optimizer():
    optimizer = make(torch.optim.AdamW, 0.5)
    train(optimizer, Scheduler(optimizer, RISING), 2)
    again = make(torch.optim.AdamW, 0.5)
    Scheduler(again, RISING)
    again.load_state_dict(optimizer.state_dict())
    with pytest.warns(PreheatWarning, match="replaces the one"):
        assert Scheduler(again, RISING).base_lrs == (0.5,)


def test_the_first_drives_on_if_the_second_is_refused():
    optimizer = make(torch.optim.SGD, torch.tensor(0.5, dtype=torch.float64))
    first = Scheduler(optimizer, PLAN)
    with pytest.raises(ValueError, match="lr must be 0 or more"):
        Scheduler(optimizer, linear(1, -1, steps=4))
    assert train(optimizer, first) == [0.5 * value for value in VALUES]


def test_on_other_knobs_both_live():
    optimizer = make(torch.optim.AdamW, weight_decay=2.0)
    of_lr = Scheduler(optimizer, RISING)
    of_decay = Scheduler(optimizer, scale={"weight_decay": RISING})
    seen = [watched(optimizer, key) for key in ("lr", "weight_decay")]
    for _ in range(4):
        update(optimizer)
        of_lr.step()
        of_decay.step()
    assert seen == [[[0.25], [0.5], [0.75], [1]], [[0.5], [1], [1.5], [2]]]


def test_on_some_of_the_same_knobs_it_is_an_error():
    optimizer = make(torch.optim.AdamW)
    first = Scheduler(optimizer, RISING)
    with pytest.raises(ValueError, match=r"^Scheduler\(knobs") as caught:
        Scheduler(optimizer, RISING, scale={"weight_decay": RISING})
    assert str(caught.value) == (
        "Scheduler(knobs=['lr', 'weight_decay']): another Scheduler drives ['lr'] of this optimizer; they must be the "
        "same knobs or other ones; close() the first"
    )
    first.close()
    Scheduler(optimizer, RISING, scale={"weight_decay": RISING})


# What torch and its users see


def test_it_is_a_scheduler_of_torch():
    scheduler = Scheduler(make(), RISING)
    assert isinstance(scheduler, torch.optim.lr_scheduler.LRScheduler)
    assert not isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)
    assert not hasattr(scheduler, "total_steps")


def test_last_epoch_is_not_to_be_written_and_the_error_names_seek():
    scheduler = Scheduler(make(), RISING)
    with pytest.raises(
        AttributeError, match=re.escape("last_epoch = 3: it must be left alone; seek(i) moves the schedule")
    ):
        scheduler.last_epoch = 3
    assert scheduler.last_epoch == 0


def test_step_takes_no_argument_and_the_error_names_what_does():
    with pytest.raises(TypeError, match=r"seek\(i\).*observe\(metric\)"):
        Scheduler(make(), RISING).step(3)


def test_the_bases_are_a_tuple_and_the_lrs_fresh_floats():
    scheduler = Scheduler(make(torch.optim.SGD, 0.5, torch.tensor(2.0)), RISING)
    assert scheduler.base_lrs == (0.5, 2.0)
    for lrs in (scheduler.get_last_lr(), scheduler.get_lr(), scheduler._last_lr):
        assert lrs == [0.125, 0.5]
        lrs[0] = 7.0
    assert scheduler.get_last_lr() == [0.125, 0.5]


def test_the_step_count_may_be_written_and_is_ignored():
    scheduler = Scheduler(make(), RISING)
    scheduler._step_count = 7
    assert (scheduler._step_count, scheduler.last_epoch) == (1, 0)


# What the updates use


def test_used_and_next_around_an_update_and_its_call():
    optimizer = make(torch.optim.SGD, 2.0, momentum=0.5)
    scheduler = Scheduler(optimizer, RISING, scale={"momentum": constant(1)})
    assert scheduler.used() == {}
    assert scheduler.next() == {0: {"lr": 0.5, "momentum": 0.5}}
    update(optimizer)
    for _ in range(3):
        assert scheduler.used() == {0: {"lr": 0.5, "momentum": 0.5}}
        assert scheduler.next() == {0: {"lr": 1, "momentum": 0.5}}
        scheduler.step()


@pytest.mark.parametrize("how", [{}, {"auto": True}, {"clock": "manual"}])
def test_and_where_the_optimizer_drives(how):
    optimizer = make()
    scheduler = Scheduler(optimizer, RISING, **how)
    update(optimizer)
    if how.get("clock"):
        scheduler.advance(1)
    assert (scheduler.used(), scheduler.next()) == ({0: {"lr": 0.25}}, {0: {"lr": 0.5}})


def test_what_another_hand_wrote_after_the_update_was_not_used():
    optimizer = make()
    scheduler = Scheduler(optimizer, RISING)
    update(optimizer)
    optimizer.param_groups[0]["lr"] = 7.0
    assert scheduler.used() == {0: {"lr": 0.25}}
    with pytest.warns(PreheatWarning, match="another hand"):
        scheduler.step()
    assert scheduler.used() == {0: {"lr": 0.25}}


@pytest.mark.parametrize(("clock", "coming"), [("updates", 0.75), ("calls", 7)])
def test_what_it_wrote_while_the_knobs_hold_is(clock, coming):
    optimizer = make()
    scheduler = Scheduler(optimizer, RISING, clock=clock)
    train(optimizer, scheduler, 1)
    optimizer.param_groups[0]["lr"] = 7.0
    assert scheduler.next() == {0: {"lr": 7}}
    update(optimizer)
    assert (scheduler.used(), scheduler.next()) == (
        {0: {"lr": 7}},
        {0: {"lr": coming}},
    )  # if step() is called where due


def test_while_they_hold_longer_the_coming_update_uses_what_they_hold():
    optimizer = make()
    scheduler = Scheduler(optimizer, RISING)
    train(optimizer, scheduler, 1)
    train(optimizer, updates=2)
    assert (scheduler.used(), scheduler.next()) == ({0: {"lr": 0.5}}, {0: {"lr": 0.5}})


def test_a_state_just_loaded_into_the_optimizer_does_not_hide_what_comes():
    optimizer = make()
    scheduler = Scheduler(optimizer, RISING)
    train(optimizer, scheduler, 1)
    optimizer.load_state_dict(make(torch.optim.SGD, 7.0).state_dict())
    assert scheduler.next() == {0: {"lr": 0.5}}
    assert train(optimizer, updates=1) == [0.5]


def test_groups_go_by_their_name_where_it_is_theirs_alone_else_by_their_index():
    groups = [{"params": [weight()], "lr": lr} | named for lr, named in ((1.0, {"name": "body"}), (2.0, {}))]
    twice = [{"params": [weight()], "lr": 4.0, "name": "head"} for _ in range(2)]
    scheduler = Scheduler(torch.optim.SGD([*groups, *twice]), {"body": None, "*": RISING})
    assert scheduler.next() == {1: {"lr": 0.5}, 2: {"lr": 1}, 3: {"lr": 1}}
    scheduler = Scheduler(torch.optim.SGD([{"params": [weight()], "lr": 4.0, "name": "body"}]), RISING)
    assert scheduler.next() == {"body": {"lr": 1}}


def test_of_several_optimizers_by_the_pair():
    optimizers = [make(torch.optim.SGD, 1.0, 2.0), make(torch.optim.AdamW, 4.0)]
    scheduler = Scheduler(optimizers, RISING)
    update(optimizers[0])
    assert scheduler.used() == {(0, 0): {"lr": 0.25}, (0, 1): {"lr": 0.5}}
    assert scheduler.next() == {(0, 0): {"lr": 0.5}, (0, 1): {"lr": 1}, (1, 0): {"lr": 1}}


def test_a_tensor_has_used_what_it_can_hold():
    optimizer = make(torch.optim.SGD, torch.tensor(1.0))
    scheduler = Scheduler(optimizer, constant(0.1))
    update(optimizer)
    held = float(torch.tensor(0.1))
    assert scheduler.used() == scheduler.next() == {0: {"lr": held}}
    scheduler.step()
    assert scheduler.used() == scheduler.next() == {0: {"lr": held}}
