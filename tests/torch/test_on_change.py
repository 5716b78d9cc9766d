"""What is followed where the code and the checkpoint have different plans."""

import re

import pytest
import torch

from preheat import PreheatWarning, constant, cosine, linear, warmup, zero_based
from preheat.torch import Scheduler
from resuming import ORDERS, resumed, saved, states
from training import PLAN, VALUES, make, sentences, train

LONGER = warmup(4) >> cosine(1, 0.1, steps=76)


def falling(i):
    return 1 / (i + 1)


def test_a_longer_plan_in_the_code_is_followed_and_said():
    words = (
        "load_state_dict(): the plan of lr has changed; "
        "saved: linear(0, 1, steps=4) >> cosine(1, 0.1, steps=36); "
        "the code's: linear(0, 1, steps=4) >> cosine(1, 0.1, steps=76); "
        f"at update 20 the value goes from {PLAN(19):g} to {LONGER(20):g}, where the saved plan has {PLAN(20):g}; "
        'on_change="checkpoint" keeps the saved one'
    )
    with pytest.warns(PreheatWarning, match=f"^{re.escape(words)}$"):
        optimizer, scheduler = resumed(saved(20), "bos", peak=0.1, plan=LONGER)
    assert train(optimizer, scheduler, 60) == [0.1 * LONGER(i) for i in range(20, 80)]


def test_the_saved_plan_is_followed_where_the_checkpoint_counts():
    words = (
        f"at update 20 the value goes from {PLAN(19):g} to {PLAN(20):g}, where the code's plan has {LONGER(20):g}; "
        "the saved one is followed"
    )
    with pytest.warns(PreheatWarning, match=f"{re.escape(words)}$"):
        optimizer, scheduler = resumed(saved(20), "bos", peak=0.1, plan=LONGER, on_change="checkpoint")
    assert train(optimizer, scheduler, 20) == [0.1 * value for value in VALUES[20:]]


def test_a_changed_plan_is_an_error_where_nothing_may_change():
    words = (
        'load_state_dict(): the plan of lr must be the saved one (on_change="error"); saved: linear(0, 1, steps=4) >> '
        "cosine(1, 0.1, steps=36); the code's: linear(0, 1, steps=4) >> cosine(1, 0.1, steps=76)"
    )
    with pytest.raises(ValueError, match=re.escape(words)):
        resumed(saved(20), "bos", peak=0.1, plan=LONGER, on_change="error")


def test_at_update_0_there_is_no_value_before_the_seam():
    with pytest.warns(PreheatWarning, match="at update 0 the value is 1, where the saved plan has 0.25; on_change"):
        resumed(saved(0), "bs", peak=0.1, plan=constant(1))


def test_a_plan_written_in_another_way_is_no_change():
    state = saved(20)[1]
    state["plans"] = ["zero_based(linear(0, 1, steps=4)) * 1 >> (cosine(start=1.0, end=1/10, steps=3_6))"]
    optimizer, scheduler = resumed(
        (None, state), "bs", peak=0.1, plan=zero_based(warmup(4)) >> cosine(1, 0.1, steps=36)
    )
    assert train(optimizer, scheduler, 20) == [0.1 * value for value in VALUES[20:]]


def test_a_saved_plan_of_a_shape_that_is_gone_can_be_left():
    state = saved(20)[1] | {"plans": ["wobbly(1, 0, steps=40)"]}
    words = r"saved: wobbly\(1, 0, steps=40\); .* where the saved plan has one unknown here"
    with pytest.warns(PreheatWarning, match=words):
        resumed((None, state), "bs", peak=0.1)
    with pytest.raises(ValueError, match="'wobbly' must be the name of a shape"):
        resumed((None, state), "bs", peak=0.1, on_change="checkpoint")


def test_the_second_load_is_compared_with_the_code_again():
    first, second = saved(20)[1], saved(20, plan=LONGER)[1]
    scheduler = Scheduler(make(torch.optim.SGD, 0.1), PLAN, on_change="checkpoint")
    for _ in range(2):
        with pytest.warns(PreheatWarning, match="the saved one is followed"):
            scheduler.load_state_dict(second)
        assert scheduler.get_last_lr() == [0.1 * LONGER(20)]
    scheduler.load_state_dict(first)
    assert scheduler.get_last_lr() == [0.1 * PLAN(20)]


def test_a_run_that_followed_the_checkpoints_plan_is_saved_with_it():
    with pytest.warns(PreheatWarning, match="the saved one is followed"):
        _, scheduler = resumed(saved(20), "bs", peak=0.1, plan=LONGER, on_change="checkpoint")
    assert scheduler.state_dict()["plans"] == [repr(PLAN)]


def test_a_plan_for_each_group_is_compared_group_by_group():
    def build(plans, **options):
        optimizer = torch.optim.SGD([{**make().param_groups[0], "name": name} for name in ("body", "head")], lr=0.1)
        return Scheduler(optimizer, plans, **options)

    state = build({"body": PLAN, "head": None}).state_dict()
    build({"head": None, "body": PLAN}).load_state_dict(state)
    with pytest.warns(PreheatWarning, match=r"saved: 'body': .*, 'head': None; .* value of 'body' is 1, where"):
        build({"body": constant(1), "head": None}).load_state_dict(state)
    state = build({"body": PLAN, "*": constant(1)}).state_dict()
    with pytest.warns(PreheatWarning, match=r"saved: 'body': linear.*, constant\(1\); the code's: linear"):
        build(PLAN).load_state_dict(state)
    with pytest.raises(ValueError, match="the plan of lr must be for the same groups as when it was saved; saved:"):
        build(PLAN, on_change="checkpoint").load_state_dict(state)


def test_plan_and_base_may_change_together():
    with pytest.warns(PreheatWarning) as caught:
        optimizer, scheduler = resumed(saved(20), "bos", peak=0.25, plan=LONGER)
    assert [sentence.split(";")[0] for sentence in sentences(caught)] == [
        "load_state_dict(): the lr that the plan multiplies has changed",
        "load_state_dict(): the plan of lr has changed",
    ]
    assert train(optimizer, scheduler, 60) == [0.25 * LONGER(i) for i in range(20, 80)]


def edited(updates=20):
    """The states of a run that was cooled down after 20 updates."""
    optimizer = make(torch.optim.SGD, 0.1)
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, updates)
    scheduler.cooldown(8, shape="linear")
    train(optimizer, scheduler, 2)
    return states(optimizer, scheduler)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("on_change", ["code", "checkpoint", "error"])
def test_edits_are_no_change_and_replay(order, on_change):
    peak = None if order == "obs" else 0.1
    optimizer, scheduler = resumed(edited(), order, peak=peak, on_change=on_change)
    assert train(optimizer, scheduler, 6) == [0.1 * linear(PLAN(19), 0, steps=8)(i) for i in range(2, 8)]


@pytest.mark.parametrize("on_change", ["code", "error"])
def test_changed_and_edited_is_an_error_that_shows_the_ways_out(on_change):
    words = (
        "load_state_dict(): the plan of lr has changed and the run was edited; "
        "saved: linear(0, 1, steps=4) >> cosine(1, 0.1, steps=36), edited at update 20: "
        f"linear({PLAN(19)!r}, 0, steps=8); the code's: linear(0, 1, steps=4) >> cosine(1, 0.1, steps=76); "
        'pass on_change="checkpoint", or do not load this state and seek(22) to follow the code\'s plan without the '
        "edits"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        resumed(edited(), "bos", peak=0.1, plan=LONGER, on_change=on_change)


def test_changed_and_edited_the_checkpoints_plan_is_followed_with_its_edits():
    cooling = linear(PLAN(19), 0, steps=8)
    words = (
        f"at update 22 the value goes from {cooling(1):g} to {cooling(2):g}, where the code's plan has {LONGER(22):g};"
    )
    with pytest.warns(PreheatWarning, match=re.escape(words)):
        optimizer, scheduler = resumed(edited(), "bos", peak=0.1, plan=LONGER, on_change="checkpoint")
    assert train(optimizer, scheduler, 6) == [0.1 * cooling(i) for i in range(2, 8)]


def test_the_position_to_seek_is_given_in_full():
    state = edited()[1] | {"updates": [1_234_567], "last": [1_234_566]}
    with pytest.raises(ValueError, match=r"seek\(1234567\)"):
        resumed((None, state), "bs", peak=0.1, plan=LONGER)


def test_the_edited_knob_alone_keeps_the_plan_of_another_from_changing():
    def build(plan):
        optimizer = make(torch.optim.AdamW, 0.1)
        return optimizer, Scheduler(optimizer, PLAN, scale={"weight_decay": plan})

    optimizer, scheduler = build(constant(1))
    train(optimizer, scheduler, 5)
    scheduler.replan(constant(0.5))
    _, again = build(constant(2))
    with pytest.warns(PreheatWarning, match="the plan of weight_decay has changed"):
        again.load_state_dict(scheduler.state_dict())
    assert again.next() == {0: {"lr": 0.05, "weight_decay": 0.02}}


def test_a_function_that_is_imported_by_name_is_saved_by_name():
    state = saved(5, plan=falling)
    assert state[1]["plans"] == ['function("test_on_change:falling")']
    optimizer, scheduler = resumed(state, "bos", peak=0.1, plan=falling)
    assert train(optimizer, scheduler, 2) == [0.1 * falling(5), 0.1 * falling(6)]


def test_a_function_of_the_checkpoint_can_be_followed_by_name():
    with pytest.warns(PreheatWarning, match=r'saved: function\("test_on_change:falling"\); the code\'s: constant\(1\)'):
        optimizer, scheduler = resumed(saved(5, falling), "bs", 0.1, plan=constant(1), on_change="checkpoint")
    assert train(optimizer, scheduler, 2) == [0.1 * falling(5), 0.1 * falling(6)]


def test_a_function_that_is_not_followed_is_not_asked():
    asked: list[int] = []

    def level(i):
        asked.append(i)
        return 1.0

    state = saved(5, plan=falling)
    state[1]["plans"] = ['function("not_imported:f")']
    with pytest.warns(
        PreheatWarning, match="goes from one unknown here to 1, where the saved plan has one unknown here"
    ):
        resumed(state, "bs", peak=0.1, plan=level)
    assert set(asked) == {0, 5}


def test_of_a_lambda_the_position_is_saved_and_said():
    plans = [lambda i: 1 / (i + 1) for _ in range(2)]
    state = saved(5, plan=plans[0])
    (text,) = state[1]["plans"]
    assert text.endswith("<lambda>)  # a function without a text: its position is saved, the function is not")
    optimizer, scheduler = resumed(state, "bos", peak=0.1, plan=plans[1])
    assert train(optimizer, scheduler, 2) == [0.1 * falling(5), 0.1 * falling(6)]


def test_a_lambda_of_the_checkpoint_cannot_be_followed():
    state = saved(5, plan=lambda i: 1 / (i + 1))
    with pytest.raises(
        ValueError, match=r"load_state_dict\(\): the saved plan must have a text to be followed, it is "
    ):
        resumed(state, "bos", peak=0.1, on_change="checkpoint")
    with pytest.warns(PreheatWarning, match="where the saved plan has one unknown here"):
        resumed(state, "bos", peak=0.1)


def test_a_lambda_can_be_edited_with_a_plan():
    optimizer = make()
    scheduler = Scheduler(optimizer, lambda i: 1 / (i + 1))
    train(optimizer, scheduler, 3)
    scheduler.cooldown(4, shape="linear")
    assert scheduler.state_dict()["edits"][-1] == "linear(0.3333333333333333, 0, steps=4)"
    assert train(optimizer, scheduler, 4) == [0.25, 1 / 6, 1 / 12, 0]


@pytest.mark.parametrize("on_change", ["no", None, True])
def test_what_on_change_may_be(on_change):
    words = rf"Scheduler\(on_change={on_change!r}\): on_change must be one of 'code', 'checkpoint', 'error'"
    with pytest.raises(ValueError, match=words):
        Scheduler(make(), PLAN, on_change=on_change)
