"""A run that is saved and resumed uses the same values as one that was not, bit for bit."""

import subprocess
import sys
from contextlib import nullcontext
from copy import deepcopy
from functools import cache
from itertools import product
from pathlib import Path

import pytest
import torch

from preheat import PreheatWarning, cosine, linear, noam, until, warmup, zero_based
from preheat.torch import Scheduler
from resuming import ORDERS, started, states
from training import PLAN, VALUES, make, train, update, watched

KINDS = {
    "lr": (lambda: make(torch.optim.SGD, 0.1, 0.03), lambda one: Scheduler(one, PLAN)),
    "tensor lr": (
        lambda: make(torch.optim.SGD, torch.tensor(0.1), torch.tensor(0.03, dtype=torch.float64)),
        lambda one: Scheduler(one, PLAN),
    ),
    "lr from 0 to 0": (
        lambda: make(torch.optim.SGD, 0.1, 0.03),
        lambda one: Scheduler(one, zero_based(warmup(4)) >> cosine(1, 0, steps=36)),
    ),
    "set lr": (lambda: make(torch.optim.Adam, 0.0), lambda one: Scheduler(one, lr=until(noam(512, 4), 40))),
    "many knobs": (
        lambda: make(torch.optim.AdamW, 0.1, 0.03, weight_decay=0.5),
        lambda one: Scheduler(
            one, PLAN, scale={"weight_decay": linear(1, 0, steps=40)}, values={"betas[0]": cosine(0.85, 0.95, steps=40)}
        ),
    ),
}


WAYS = {"after step()": True, "before step()": True, "never called": False}


END = 44


def knobs(optimizer):
    """What the update that is running uses."""
    return [
        [float(group["lr"]), group.get("weight_decay"), *map(float, group.get("betas", ()))]
        for group in optimizer.param_groups
    ]


def used(optimizer, scheduler, updates, *, calls):
    """The knobs of each update, of every group."""
    seen = []
    handle = optimizer.register_step_post_hook(lambda one, *_: seen.append(knobs(one)))
    for _ in range(updates):
        update(optimizer)
        if calls:
            scheduler.step()
    handle.remove()
    return seen


@cache
def one_run(kind, way):
    """The knobs of every update of a run, and the states before each and at its end."""
    optimizer = KINDS[kind][0]()
    scheduler = KINDS[kind][1](optimizer)
    at, seen = [states(optimizer, scheduler)], []
    for _ in range(END):
        seen += used(optimizer, scheduler, 1, calls=way == "after step()")
        at.append(states(optimizer, scheduler))
        if way == "before step()":
            scheduler.step()
    return seen, at


@pytest.mark.filterwarnings("ignore:Scheduler. the plan of")  # it ends at 40 and goes on to 44
@pytest.mark.parametrize(
    ("kind", "way", "order"),
    [
        *product(KINDS, WAYS, [*ORDERS, "bs"]),
        *product(["many knobs"], WAYS, ["bss", "bosos", "obsos"]),  # loaded twice
    ],
)
def test_resumes_where_it_stopped_at_every_update(kind, way, order):
    whole, at = one_run(kind, way)
    for k, state in enumerate(at):
        optimizer = KINDS[kind][0]()
        scheduler = started(order, optimizer, KINDS[kind][1], state)
        n = END - k if k in (0, 4, 39) else min(END - k, 2)  # to the end, of some
        assert used(optimizer, scheduler, n, calls=WAYS[way]) == whole[k : k + n], f"saved after {k} updates"


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("clock", ["calls", "manual", "auto"])
def test_resumes_under_every_clock(clock, order):
    def bound(optimizer):
        clocked = {"auto": True} if clock == "auto" else {"clock": clock}
        return Scheduler(optimizer, PLAN, **clocked)

    def go_on(optimizer, scheduler, updates):
        seen = watched(optimizer)
        for _ in range(updates):
            update(optimizer)
            if clock == "calls":
                scheduler.step()
            if clock == "manual":
                scheduler.advance(0.75)
        return seen

    for k in range(9):
        first = make(torch.optim.SGD, 0.1)
        scheduler = bound(first)
        go_on(first, scheduler, k)
        second = make(torch.optim.SGD, 0.1)
        again = started(order, second, bound, states(first, scheduler))
        assert go_on(second, again, 12) == go_on(first, scheduler, 12)


FRESH = """
import sys, torch
from resuming import ORDERS, started, states
from training import PLAN, make, train
from preheat.torch import Scheduler
optimizer = make(torch.optim.Adam, 0.1)
scheduler = Scheduler(optimizer, PLAN)
state = torch.load(sys.argv[1], weights_only=True)
optimizer.load_state_dict(state["optimizer"])
scheduler.load_state_dict(state["scheduler"])
print(train(optimizer, scheduler, updates=23))
"""


def test_resumes_in_a_fresh_process(tmp_path):
    optimizer = make(torch.optim.Adam, 0.1)
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, updates=17)
    torch.save({"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}, tmp_path / "state.pt")
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(tmp_path / "state.pt")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(__file__).parents[1] / "helpers",
    )
    assert done.stdout.strip() == str(train(optimizer, scheduler, updates=23)), done.stderr


OPTIMIZERS = {
    "SGD": lambda: make(torch.optim.SGD, 0.1),
    "SGD with momentum": lambda: make(torch.optim.SGD, 0.1, momentum=0.9),
    "AdamW": lambda: make(torch.optim.AdamW, 0.1),
}


def optimizer_state(kind, updates):
    optimizer = OPTIMIZERS[kind]()
    train(optimizer, Scheduler(optimizer, PLAN), updates)
    return deepcopy(optimizer.state_dict())


@pytest.mark.parametrize("updates", [1, 3, 4, 5, 20, 39])
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_an_optimizer_loaded_without_the_scheduler_is_said_at_the_first_update(kind, updates):
    optimizer = OPTIMIZERS[kind]()
    scheduler = Scheduler(optimizer, PLAN)
    optimizer.load_state_dict(optimizer_state(kind, updates))
    words = (
        "no scheduler state was loaded, so the plan starts at update 0 from base 0.1; load the scheduler's state, or"
    )
    with pytest.warns(PreheatWarning, match=words):
        update(optimizer)
    assert optimizer.param_groups[0]["lr"] == 0.1 * VALUES[0]
    scheduler.step()
    assert train(optimizer, scheduler, updates=39) == [0.1 * value for value in VALUES[1:]]


@pytest.mark.parametrize(("kind", "updates"), [("SGD", 1), ("SGD", 20), ("AdamW", 1), ("AdamW", 3), ("AdamW", 20)])
def test_a_scheduler_built_on_a_loaded_optimizer_says_that_it_starts_anew(kind, updates):
    optimizer = OPTIMIZERS[kind]()
    optimizer.load_state_dict(optimizer_state(kind, updates))
    Scheduler(optimizer, PLAN)
    with pytest.warns(PreheatWarning, match=r"no scheduler state was loaded, so the plan starts at update 0 from base"):
        update(optimizer)


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("order", ["bo", "ob"])
def test_an_optimizer_that_was_saved_before_it_trained_says_nothing(kind, order):
    optimizer = OPTIMIZERS[kind]()
    started(order, optimizer, lambda one: Scheduler(one, PLAN), [optimizer_state(kind, updates=0)])
    with pytest.warns(PreheatWarning, match="bears initial_lr=0.1 and lr=0.025") if order == "ob" else nullcontext():
        update(optimizer)


def test_back_to_an_earlier_state_of_the_same_run_any_number_of_times():
    optimizer = make(torch.optim.Adam)
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, updates=5)
    earlier = states(optimizer, scheduler)
    for order in ("os", "so", "os", "s"):
        assert train(optimizer, scheduler, updates=7) == VALUES[5:12]
        for letter in order:
            if letter == "o":
                optimizer.load_state_dict(earlier[0])
            else:
                scheduler.load_state_dict(earlier[1])
        assert scheduler.last_epoch == 5
        assert scheduler.get_last_lr() == [VALUES[5]] or order == "so"


def test_loaded_knobs_are_tensors_of_their_own():
    make_one, bind = KINDS["tensor lr"]
    first, optimizer = make_one(), make_one()
    scheduler = bind(first)
    train(first, scheduler, updates=7)
    started("bso", optimizer, bind, states(first, scheduler))
    update(optimizer)
    one, other = (group["lr"] for group in optimizer.param_groups)
    assert (one.dtype, other.dtype) == (torch.float32, torch.float64)
    assert (float(one), float(other)) == pytest.approx((0.1 * VALUES[7], 0.03 * VALUES[7]), rel=1e-6)
    assert one is not optimizer.defaults["lr"]
    assert one is not other


def test_what_was_used_is_not_known_after_a_load():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, updates=5)
    again = Scheduler(make(), PLAN)
    again.load_state_dict(scheduler.state_dict())
    assert (again.used(), again.next()) == ({}, {0: {"lr": VALUES[5]}})


def test_a_group_added_since_the_last_update_is_in_the_state():
    optimizer = make()
    scheduler = Scheduler(optimizer, PLAN)
    train(optimizer, scheduler, updates=3)
    optimizer.add_param_group({**make().param_groups[0], "lr": 0.5, "join": "from_zero"})
    state = scheduler.state_dict()
    assert (state["groups"], state["bases"], state["joined"]) == ([2], [1.0, 1, 0.5, 1], [0, 1, 3, 1])
    again = make(torch.optim.SGD, 1.0, 0.5)
    seen = watched(again)
    resumed_scheduler = Scheduler(again, PLAN)
    resumed_scheduler.load_state_dict(state)
    train(again, resumed_scheduler, updates=2)
    assert seen == [[VALUES[3], 0.5 * VALUES[0]], [VALUES[4], 0.5 * VALUES[1]]]


def test_each_of_several_optimizers_has_its_own_count():
    def run(first, second, scheduler, updates):
        seen = watched(first), watched(second)
        for i in range(updates):
            update(*([first, second] if i % 3 else [first]))
            scheduler.step()
        return seen

    first, second = make(), make(torch.optim.Adam)
    scheduler = Scheduler([first, second], PLAN)
    run(first, second, scheduler, 6)
    state = scheduler.state_dict()
    assert state["updates"] == [6, 4]
    third, fourth = make(), make(torch.optim.Adam)
    again = Scheduler([third, fourth], PLAN)
    again.load_state_dict(state)
    assert run(third, fourth, again, 6) == run(first, second, scheduler, 6)
