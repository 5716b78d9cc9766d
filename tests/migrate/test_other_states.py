"""States of torch's and transformers' schedulers and of NoamOpt: what is carried over, and what is said of the rest."""

import re
from copy import deepcopy

import pytest
import torch
from torch.optim import lr_scheduler as theirs

from preheat import PreheatWarning, noam
from preheat.torch import NoamOpt, Plateau, Scheduler
from resuming import started
from training import PLAN, VALUES, make, sentences, train, update

SCHEDULE = "its schedule, for the plan is the code's"
NO_PEAKS = "peaks, which it does not hold, so the plan multiplies {}"
CUTS = "its best metric and its cuts"


def state_of(build, steps=7, lr=0.1, kind=torch.optim.SGD, **knobs):
    """The states of an optimizer and of a scheduler of theirs."""
    optimizer = make(kind, lr, **knobs)
    scheduler = build(optimizer)
    for _ in range(steps):
        update(optimizer)
        scheduler.step(*([1.0] if isinstance(scheduler, theirs.ReduceLROnPlateau) else []))
    return deepcopy(optimizer.state_dict()), scheduler.state_dict()


def told(position, peaks, *left):
    carried = f", and the peaks, {peaks}" if peaks else ""
    return (
        f"load_state_dict(): the state is another scheduler's; carried over: the position, {position} of its steps"
        f"{carried}; not carried over: {'; '.join(left)}"
    )


THEIRS = {
    "LambdaLR": (lambda one: theirs.LambdaLR(one, lambda i: 1 / (i + 1)), told(7, "0.1", SCHEDULE)),
    "CosineAnnealingLR": (lambda one: theirs.CosineAnnealingLR(one, 20), told(7, "0.1", SCHEDULE)),
    "SequentialLR": (
        lambda one: theirs.SequentialLR(one, [theirs.LinearLR(one), theirs.CosineAnnealingLR(one, 20)], [3]),
        told(7, "0.1", SCHEDULE),
    ),
    "ChainedScheduler": (
        lambda one: theirs.ChainedScheduler([theirs.LinearLR(one), theirs.ExponentialLR(one, 0.9)]),
        told(7, "0.1", SCHEDULE),
    ),
    "OneCycleLR": (
        lambda one: theirs.OneCycleLR(one, max_lr=0.1, total_steps=20, cycle_momentum=False),
        told(7, "", SCHEDULE, NO_PEAKS.format("0.1")),
    ),
    "CyclicLR": (
        lambda one: theirs.CyclicLR(one, base_lr=0.01, max_lr=0.1, cycle_momentum=False),
        told(7, "", SCHEDULE, NO_PEAKS.format("0.1")),
    ),
    "SequentialLR with OneCycleLR": (
        lambda one: theirs.SequentialLR(
            one, [theirs.OneCycleLR(one, 0.1, total_steps=9, cycle_momentum=False), theirs.ConstantLR(one)], [9]
        ),
        told(7, "", SCHEDULE, NO_PEAKS.format("0.1")),
    ),
    "ReduceLROnPlateau": (
        lambda one: theirs.ReduceLROnPlateau(one, patience=1),
        told(7, "", SCHEDULE, NO_PEAKS.format("0.1"), CUTS),
    ),
}


@pytest.mark.parametrize("order", ["bos", "bso", "bs"])
@pytest.mark.filterwarnings("ignore:Detected call of")  # torch's own, of SequentialLR
@pytest.mark.parametrize("name", THEIRS)
def test_a_state_of_torch_is_gone_on_with(name, order):
    build, words = THEIRS[name]
    state = state_of(build)
    optimizer = make(torch.optim.SGD, 0.1)
    with pytest.warns(PreheatWarning, match=f"^{re.escape(words)}$"):
        scheduler = started(order, optimizer, lambda one: Scheduler(one, PLAN), state)
    assert (scheduler.last_epoch, scheduler.base_lrs) == (7, (0.1,))
    assert train(optimizer, scheduler, updates=33) == [0.1 * value for value in VALUES[7:]]


@pytest.mark.parametrize("name", ["LambdaLR", "CosineAnnealingLR", "SequentialLR", "ChainedScheduler"])
@pytest.mark.filterwarnings("ignore:Detected call of")  # as above
def test_onto_an_optimizer_that_was_loaded_first_the_peak_is_theirs(name):
    state = state_of(THEIRS[name][0])
    optimizer = make(torch.optim.SGD, 0.7)
    optimizer.load_state_dict(state[0])
    scheduler = Scheduler(optimizer, PLAN)
    with pytest.warns(PreheatWarning, match="and the peaks, 0.1; not"):
        scheduler.load_state_dict(state[1])
    assert train(optimizer, scheduler, updates=3) == [0.1 * value for value in VALUES[7:10]]


def test_onto_an_optimizer_that_was_loaded_first_a_peak_they_do_not_hold_is_what_was_found():
    state = state_of(THEIRS["OneCycleLR"][0])
    found = state[0]["param_groups"][0]["lr"]
    optimizer = make(torch.optim.SGD, 0.7)
    optimizer.load_state_dict(state[0])
    scheduler = Scheduler(optimizer, PLAN)
    with pytest.warns(PreheatWarning, match=NO_PEAKS.format(f"{found:g}")):
        scheduler.load_state_dict(state[1])
    assert scheduler.base_lrs == (found,)
    update(optimizer)  # all has been said


def test_under_lr_no_peak_is_needed():
    optimizer = make(torch.optim.Adam, 0.0)
    scheduler = Scheduler(optimizer, lr=noam(512, 4))
    with pytest.warns(PreheatWarning, match=f"^{re.escape(told(7, '', SCHEDULE))}$"):
        scheduler.load_state_dict(state_of(THEIRS["LambdaLR"][0])[1])
    assert train(optimizer, scheduler, updates=2) == [noam(512, 4)(7), noam(512, 4)(8)]


def test_a_state_of_noam_opt_gives_its_position():
    wrapped = NoamOpt(512, 4, make(torch.optim.Adam, 0.0))
    for _ in range(7):
        wrapped.step()
    state = wrapped.state_dict()
    published = {name: value for name, value in state.items() if name != "optimizer_state"}
    rest = "its optimizer_state, which the optimizer's own load_state_dict takes"
    for one, words in ((published, told(7, "", SCHEDULE)), (state, told(7, "", SCHEDULE, rest))):
        optimizer = make(torch.optim.Adam, 0.0)
        scheduler = Scheduler(optimizer, lr=noam(512, 4))
        with pytest.warns(PreheatWarning, match=f"^{re.escape(words)}$"):
            scheduler.load_state_dict(one)
        wrapped.step()
        wrapped._step -= 1
        assert train(optimizer, scheduler, updates=1) == [wrapped.param_groups[0]["lr"]]


TRANSFORMERS = {  # of `get_cosine_schedule_with_warmup` after seven steps, as transformers 5.23 saves it
    "base_lrs": [0.1],
    "last_epoch": 7,
    "_step_count": 8,
    "_is_initial": False,
    "_get_lr_called_within_step": False,
    "_last_lr": [0.0987],
    "lr_lambdas": [{}],
}


@pytest.mark.parametrize("through", [lambda state: state, lambda state: state | {"verbose": False}])
def test_a_state_of_transformers_is_gone_on_with(through):
    optimizer = make(torch.optim.SGD, 0.1)
    scheduler = Scheduler(optimizer, PLAN)
    with pytest.warns(PreheatWarning, match=f"^{re.escape(told(7, '0.1', SCHEDULE))}$"):
        scheduler.load_state_dict(through(TRANSFORMERS))
    assert train(optimizer, scheduler, updates=33) == [0.1 * value for value in VALUES[7:]]


def test_of_many_groups_some_peaks_are_told():
    lrs = [0.1, 0.2, 0.3, 0.4, 0.5]
    optimizer = make(torch.optim.SGD, *lrs)
    scheduler = Scheduler(make(torch.optim.SGD, *[1.0] * 5), {4: None, "*": PLAN})
    with pytest.warns(PreheatWarning, match="and the peaks, 0.1, 0.2, 0.3, 0.4, ...; not"):
        scheduler.load_state_dict(theirs.LambdaLR(optimizer, lambda _: 1.0).state_dict())
    assert scheduler.base_lrs == (0.1, 0.2, 0.3, 0.4, 1.0)


@pytest.mark.parametrize(("clock", "position"), [("updates", (7, 0, 0)), ("calls", (0, 7, 0)), ("manual", (0, 0, 7))])
def test_the_position_is_that_of_the_clock(clock, position):
    scheduler = Scheduler(make(), PLAN, clock=clock)
    with pytest.warns(PreheatWarning, match="carried over: the position, 7 of its steps"):
        scheduler.load_state_dict(TRANSFORMERS)
    state = scheduler.state_dict()
    assert (state["updates"][0], state["calls"], state["amount"]) == position
    assert scheduler.next() == {0: {"lr": 0.1 * VALUES[7]}}


def test_a_state_of_other_groups_is_refused_and_changes_nothing():
    optimizer = make(torch.optim.SGD, 1.0, 1.0)
    scheduler = Scheduler(optimizer, PLAN)
    before = scheduler.state_dict()
    words = r"load_state_dict\(base_lrs=\[0.1\]\): there must be one for each group of the optimizer, 2"
    with pytest.raises(ValueError, match=words):
        scheduler.load_state_dict(TRANSFORMERS)
    assert scheduler.state_dict() == before


def test_a_state_that_leads_nowhere_changes_nothing():
    optimizer = make(torch.optim.SGD, 1.0)
    scheduler = Scheduler(optimizer, lambda i: 1.0 if i < 7 else -1.0)
    before = scheduler.state_dict()
    with pytest.raises(ValueError, match=r"lr must be 0 or more, got -0.1 at update 7"):
        scheduler.load_state_dict(TRANSFORMERS)
    assert scheduler.state_dict() == before
    assert scheduler.base_lrs == (1.0,)


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        (
            {},
            ValueError,
            r"load_state_dict\(a dict with \[\]\): state_dict must be the state of a Scheduler, of one of ",
        ),
        ({"a": 1, "b": 2}, ValueError, r"load_state_dict\(a dict with \['a', 'b'\]\): state_dict must be the state of"),
        (None, TypeError, r"load_state_dict\(None\): state_dict must be a dict, the state of a Scheduler, of one of"),
        ([1], TypeError, r"load_state_dict\(\[1\]\): state_dict must be a dict, the state of a Scheduler"),
    ],
)
def test_what_is_no_state_is_refused(state, error, words):
    with pytest.raises(error, match=words):
        Scheduler(make(), PLAN).load_state_dict(state)


def test_a_whole_checkpoint_is_refused_with_the_place_of_the_state_in_it():
    saved = {"optimizer": {"state": {}, "param_groups": []}, "schedule": Scheduler(make(), PLAN).state_dict()}
    with pytest.raises(ValueError, match=r"of NoamOpt; give it the one at 'schedule'$"):
        Scheduler(make(), PLAN).load_state_dict(saved)


def test_a_plateau_of_ours_keeps_its_own_counts():
    scheduler = Scheduler(make(torch.optim.SGD, 0.1), PLAN, feedback=Plateau(factor=0.5, patience=0))
    for metric in (1.0, 1.0):
        scheduler.observe(metric)
    with pytest.warns(PreheatWarning) as caught:
        scheduler.load_state_dict(state_of(THEIRS["ReduceLROnPlateau"][0])[1])
    assert sentences(caught) == [THEIRS["ReduceLROnPlateau"][1]]
    assert scheduler.get_last_lr() == [0.1 * VALUES[7] * 0.5]


def test_a_group_added_since_the_last_update_is_counted():
    optimizer = make(torch.optim.SGD, 0.2)
    scheduler = Scheduler(optimizer, PLAN)
    optimizer.add_param_group({**make().param_groups[0], "lr": 0.4})
    with pytest.warns(PreheatWarning, match=r"and the peaks, 0.1, 0.3; not"):
        scheduler.load_state_dict(TRANSFORMERS | {"base_lrs": [0.1, 0.3]})
    assert scheduler.get_last_lr() == [0.1 * VALUES[7], 0.3 * VALUES[7]]
