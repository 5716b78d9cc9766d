"""Plans that ask for the total of the run: given at bind, known later, changed later, and found in checkpoints."""

import json
import pickle
import re
from copy import deepcopy

import pytest
import torch

from preheat import (
    PreheatWarning,
    after,
    constant,
    cosine,
    linear,
    maximum,
    noise,
    repeat,
    resolve,
    stretch,
    warmup,
    wsd,
    zero_based,
)
from preheat.torch import Scheduler
from resuming import ORDERS, started, states
from training import make, sentences, train

LATE = warmup(4) >> cosine(1, 0.1, steps="rest")
KNOWN = warmup(4) >> cosine(1, 0.1, steps=36)
ALL_LATE = warmup("10%") >> cosine(1, 0.1, steps="rest")

LONGER = f"the parts must be no longer than the total, they take 4 updates: {LATE}"
ASKS = (
    "its lengths must be in updates before it has values; resolve(plan, total_steps=...) or, "
    "for a Scheduler, total_steps=... or extend(total_steps)"
)


def refused(words):
    """A ValueError with exactly these words."""
    return pytest.raises(ValueError, match=f"^{re.escape(words)}$")


# The total is given


@pytest.mark.parametrize("plan", [LATE, ALL_LATE, repr(LATE), KNOWN])
def test_the_total_given_at_bind_resolves_the_plan(plan):
    optimizer = make()
    assert train(optimizer, Scheduler(optimizer, plan, total_steps=40)) == KNOWN.values()


def test_the_total_reaches_every_knob_and_every_group():
    optimizer = make(torch.optim.SGD, 1.0, 0.5, weight_decay=1.0)
    plans = {0: "warmup('50%') >> constant(1)", 1: "constant(1)"}
    scheduler = Scheduler(optimizer, plans, scale={"weight_decay": linear(1, 0, steps="100%")}, total_steps=4)
    rows = [scheduler.next()]
    for _ in range(3):
        train(optimizer, scheduler, 1)
        rows.append(scheduler.next())
    assert [row[0]["lr"] for row in rows] == [0.5, 1, 1, 1]
    assert [row[1] for row in rows] == [{"lr": 0.5, "weight_decay": decay} for decay in (0.75, 0.5, 0.25, 0)]


def test_the_total_is_compared_with_a_plan_that_does_not_ask_for_it():
    with pytest.warns(PreheatWarning, match=r"its warm-up takes 100 updates and the run has 40.*\[long-warmup\]"):
        Scheduler(make(), warmup(100) >> constant(1), total_steps=40)


def test_no_attribute_is_called_total_steps():
    assert not hasattr(Scheduler(make(), LATE, total_steps=40), "total_steps")


@pytest.mark.parametrize(
    ("total", "error", "words"),
    [
        (0, ValueError, "Scheduler(total_steps=0): total_steps must be a whole number, from 1 up to 2**53"),
        ("40", TypeError, "Scheduler(total_steps='40'): total_steps must be a whole number, from 1 up to 2**53"),
        (3, ValueError, f"resolve(total_steps=3): {LONGER}"),
    ],
)  # fmt: skip
def test_a_total_that_means_nothing_is_refused_at_bind(total, error, words):
    with pytest.raises(error, match=f"^{re.escape(words)}$"):
        Scheduler(make(), LATE, total_steps=total)


def test_other_units_must_be_known_at_bind():
    words = 'warmup("3ep"): its lengths must be in updates before it has values; resolve(plan, steps_per_epoch=...)'
    with refused(words):
        Scheduler(make(), warmup("3ep"))
    with refused(words):
        Scheduler(make(), warmup("3ep"), total_steps=40)


def test_other_units_may_be_resolved_before():
    plan = resolve(warmup("2ep") >> cosine(1, 0.1, steps="rest"), steps_per_epoch=2)
    optimizer = make()
    assert train(optimizer, Scheduler(optimizer, plan, total_steps=40)) == KNOWN.values()


# The total is known later


def test_a_plan_runs_as_far_as_it_is_known():
    optimizer = make()
    scheduler = Scheduler(optimizer, LATE)
    assert train(optimizer, scheduler, 3) == [0.25, 0.5, 0.75]
    scheduler.extend(40)
    assert train(optimizer, scheduler, 37) == KNOWN.values()[3:]


def test_what_is_not_known_is_refused_and_can_be_said_then():
    optimizer = make()
    scheduler = Scheduler(optimizer, LATE)
    train(optimizer, scheduler, 3)
    with refused(f'cosine(1, 0.1, steps="rest"): {ASKS}'):
        train(optimizer, scheduler, 1)
    scheduler.extend(40)
    assert scheduler.last_epoch == 4
    assert train(optimizer, scheduler, 36) == KNOWN.values()[4:]


def test_a_plan_of_which_nothing_is_known_is_refused_at_bind():
    with refused(f'warmup("10%"): {ASKS}'):
        Scheduler(make(), ALL_LATE)


@pytest.mark.parametrize(
    "wrapped",
    [
        0.5 * LATE,
        LATE + 0.5,
        LATE * LATE,
        zero_based(LATE),
        maximum(LATE, 0.25),
        noise(LATE, 0.5, seed=3),
        zero_based(0.5 * (LATE + 0.25)) >> constant(1),
        after(constant(0.5, steps=6) >> LATE, 6),
    ],
    ids=repr,
)
def test_what_is_known_inside_is_known(wrapped):
    optimizer = make()
    scheduler = Scheduler(optimizer, wrapped)
    known = train(optimizer, scheduler, 3)
    assert known == resolve(wrapped, total_steps=46).values(3)
    scheduler.extend(46)
    assert train(optimizer, scheduler, 10) == resolve(wrapped, total_steps=46).values(13)[3:]


@pytest.mark.parametrize(
    "plan", [repeat(LATE), stretch(LATE, steps=50), wsd(4, total_steps="rest", decay_steps=4), warmup("5%")], ids=repr,
)  # fmt: skip
def test_what_depends_on_its_end_is_not_known_at_all(plan):
    with pytest.raises(ValueError, match=f"^{re.escape(repr(plan))}: {re.escape(ASKS)}"):
        Scheduler(make(), plan)


# And once more


def test_a_longer_run_is_followed_from_now_on_and_the_seam_is_told():
    optimizer = make()
    scheduler = Scheduler(optimizer, warmup(4) >> linear(1, 0, steps="rest"), total_steps=20)
    first = train(optimizer, scheduler, 12)
    with pytest.warns(PreheatWarning) as caught:
        scheduler.extend(36)
    assert sentences(caught) == [
        "extend(36): at update 12 the plan of lr goes from 0.5 to 0.71875, where for the total before it has 0.4375"
    ]
    longer = (warmup(4) >> linear(1, 0, steps=32)).values()
    assert first + train(optimizer, scheduler, 24) == (warmup(4) >> linear(1, 0, steps=16)).values()[:12] + longer[12:]


def test_before_the_first_update_the_seam_has_one_side():
    scheduler = Scheduler(make(), linear(1, 0, steps="100%"), total_steps=2)
    with pytest.warns(PreheatWarning) as caught:
        scheduler.extend(4)
    assert sentences(caught) == ["extend(4): at update 0 the plan of lr is 0.75, where for the total before it has 0.5"]
    assert scheduler.get_last_lr() == [0.75]


def test_the_same_total_again_says_nothing():
    optimizer = make()
    scheduler = Scheduler(optimizer, LATE, total_steps=40)
    train(optimizer, scheduler, 12)
    scheduler.extend(40)
    assert train(optimizer, scheduler, 28) == KNOWN.values()[12:]


def test_what_was_bound_is_resolved_anew_whatever_was_edited():
    optimizer = make()
    scheduler = Scheduler(optimizer, LATE, total_steps=40)
    train(optimizer, scheduler, 8)
    scheduler.cooldown(2)
    train(optimizer, scheduler, 1)
    with pytest.warns(PreheatWarning, match=r"extend\(80\): at update 9"):
        scheduler.extend(80)
    assert train(optimizer, scheduler, 5) == resolve(LATE, total_steps=80).values()[9:14]


def test_only_plans_that_ask_for_the_total_are_followed_anew():
    optimizer = make(torch.optim.SGD, 1.0, 1.0, weight_decay=1.0)
    plans = {0: LATE, 1: constant(0.5)}
    scheduler = Scheduler(optimizer, plans, scale={"weight_decay": warmup(8) >> constant(1)})
    scheduler.extend(40)
    assert [edit for edit in scheduler.state_dict()["edits"] if isinstance(edit, str)] == ["lr", "0", repr(KNOWN)]
    assert train(optimizer, scheduler) == KNOWN.values()
    assert scheduler.used()[1] == {"lr": 0.5, "weight_decay": 1}


def test_a_group_that_came_later_has_a_seam_of_its_own():
    optimizer = make()
    scheduler = Scheduler(optimizer, warmup(4) >> linear(1, 0, steps="rest"), total_steps=20)
    train(optimizer, scheduler, 4)
    group = {"params": [torch.nn.Parameter(torch.ones(2))], "lr": 1.0, "join": "from_zero"}
    optimizer.add_param_group(group)
    train(optimizer, scheduler, 4)
    with pytest.warns(PreheatWarning) as caught:
        scheduler.extend(36)
    assert [re.findall(r"update \d|[.\d]+, where", one) for one in sentences(caught)] == [
        ["update 8", "0.84375, where"], ["update 4", "0.96875, where"],
    ]  # fmt: skip
    assert [row["lr"] for row in scheduler.next().values()] == [1 - 5 / 32, 1 - 1 / 32]


@pytest.mark.parametrize(
    ("plan", "total", "words"),
    [
        (KNOWN, 40, 'extend(40): a plan must ask for the total, with "%" or "rest"; replan takes any other'),
        (LATE, 3, f"resolve(total_steps=3): {LONGER}"),
        (LATE, 0, "extend(total_steps=0): total_steps must be a whole number, from 1 up to 2**53"),
    ],
)  # fmt: skip
def test_a_total_that_changes_nothing_or_does_not_fit_is_refused(plan, total, words):
    scheduler = Scheduler(make(), plan)
    before = scheduler.state_dict()
    with refused(words):
        scheduler.extend(total)
    assert scheduler.state_dict() == before


def test_an_edit_must_be_in_updates():
    scheduler = Scheduler(make(), KNOWN)
    words = 'replan(plan=linear(1, 0, steps="rest")): plan must have its lengths in updates; resolve it before'
    with refused(words):
        scheduler.replan('linear(1, 0, steps="rest")')
    with pytest.raises(ValueError, match="must have its lengths in updates"):
        scheduler.cooldown("5%")  # type: ignore[arg-type]  # that is the question


# Saved and loaded


def test_a_checkpoint_holds_the_plan_as_bound_and_resolved():
    state = Scheduler(make(), ALL_LATE, total_steps=40).state_dict()
    assert (state["plans"], state["resolved"]) == ([repr(ALL_LATE)], [repr(KNOWN)])
    state = Scheduler(make(), KNOWN).state_dict()
    assert (state["plans"], state["resolved"]) == ([repr(KNOWN)], [""])
    assert json.loads(json.dumps(state)) == state


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("options", [{}, {"total_steps": 20}, {"total_steps": 40}])
@pytest.mark.filterwarnings("ignore:extend:preheat.PreheatWarning")
def test_an_extension_is_replayed(order, options):
    optimizer = make()
    scheduler = Scheduler(optimizer, LATE)
    train(optimizer, scheduler, 3)
    scheduler.extend(20)
    train(optimizer, scheduler, 5)
    scheduler.extend(40)
    train(optimizer, scheduler, 4)
    saved = states(optimizer, scheduler)
    rest = train(optimizer, scheduler, 28)

    again = make()
    resumed = started(order, again, lambda one: Scheduler(one, LATE, **options), saved)
    assert resumed.state_dict()["edits"] == saved[1]["edits"]
    assert train(again, resumed, 28) == rest == KNOWN.values()[12:]


def test_a_total_that_the_code_leaves_open_is_the_saved_one():
    optimizer = make()
    scheduler = Scheduler(optimizer, LATE, total_steps=40)
    train(optimizer, scheduler, 12)
    again = make()
    resumed = Scheduler(again, LATE)
    resumed.load_state_dict(scheduler.state_dict())
    assert train(again, resumed, 28) == KNOWN.values()[12:]


def test_another_total_in_the_code_is_a_change():
    optimizer = make()
    scheduler = Scheduler(optimizer, LATE, total_steps=40)
    train(optimizer, scheduler, 12)
    state = scheduler.state_dict()
    longer = resolve(LATE, total_steps=80)
    again = Scheduler(make(), LATE, total_steps=80)
    with pytest.warns(PreheatWarning, match=re.escape(f"saved: {KNOWN}; the code's: {longer}; at update 12 the value")):
        again.load_state_dict(state)
    assert again.get_last_lr() == [longer(12)]
    kept = Scheduler(make(), LATE, total_steps=80, on_change="checkpoint")
    with pytest.warns(PreheatWarning, match="the saved one is followed"):
        kept.load_state_dict(state)
    assert kept.get_last_lr() == [KNOWN(12)]
    assert kept.state_dict()["resolved"] == state["resolved"]


def test_a_plan_in_other_words_is_no_change_where_its_updates_are_the_same():
    state = Scheduler(make(), ALL_LATE, total_steps=40).state_dict()
    Scheduler(make(), KNOWN, on_change="error").load_state_dict(state)


def test_another_plan_that_waits_is_a_change():
    state = Scheduler(make(), LATE).state_dict()
    again = Scheduler(make(), warmup(2) >> cosine(1, 0.1, steps="rest"))
    words = re.escape('the code\'s: linear(0, 1, steps=2) >> cosine(1, 0.1, steps="rest"); at update 0 the value')
    with pytest.warns(PreheatWarning, match=f"{words} is 0.5, where the saved plan has one unknown here"):
        again.load_state_dict(state)


def test_a_group_left_alone_stays_so():
    optimizer = make(torch.optim.SGD, 1.0, 1.0)
    state = Scheduler(optimizer, {0: LATE, 1: None}, total_steps=40).state_dict()
    assert (state["plans"], state["resolved"]) == ([repr(LATE), "None"], [repr(KNOWN), ""])
    with pytest.warns(PreheatWarning, match="replaces"):
        Scheduler(optimizer, {0: LATE, 1: None}).load_state_dict(state)


def test_a_plan_that_waits_is_copied_and_pickled():
    optimizer = make()
    scheduler = Scheduler(optimizer, LATE)
    train(optimizer, scheduler, 2)
    for other, twin in (deepcopy((optimizer, scheduler)), pickle.loads(pickle.dumps((optimizer, scheduler)))):
        twin.extend(40)
        assert train(other, twin, 38) == KNOWN.values()[2:]
