"""`warmup("auto")`: as long as the second moment of the bound optimizer asks for."""

import logging
import re
import warnings

import pytest
import torch

from preheat import PreheatWarning, constant, cosine, lint, parse, resolve, warmup
from preheat.torch import Scheduler
from training import make, sentences, train

LATE = warmup("auto") >> cosine(1, 0.1, steps="rest")


def refused(words):
    return pytest.raises(ValueError, match=f"^{re.escape(words)}$")


def adam(beta2=0.98, kind=torch.optim.Adam):
    return make(kind, betas=(0.9, beta2))


def followed(scheduler):
    return scheduler.state_dict()["resolved"][0]


class Prodigy(torch.optim.Adam):
    """One of that name."""


class AdamWScheduleFree(torch.optim.AdamW):
    """Likewise."""


# As a length


@pytest.mark.parametrize(
    ("beta2", "updates"), [(0.5, 4), (0.9, 20), (0.95, 40), (0.98, 100), (0.99, 200), (0.995, 400), (0.999, 2000)]
)
def test_is_two_over_what_beta2_lacks_of_one_rounded(beta2, updates):
    assert resolve(warmup("auto"), beta2=beta2) == warmup(updates)


def test_is_at_most_the_whole_run():
    assert resolve(LATE, beta2=0.999, total_steps=500) == warmup(500) >> cosine(1, 0.1, steps=0)


def test_is_written_and_read_as_other_lengths_are():
    assert repr(LATE) == 'warmup("auto") >> cosine(1, 0.1, steps="rest")'
    assert parse(repr(LATE)) == LATE


def test_waits_for_beta2_and_says_so():
    with refused('warmup("auto"): its lengths must be in updates before it has values; resolve(plan, beta2=...)'):
        warmup("auto")(0)
    with refused('resolve(beta2=None): beta2 must be given, for "auto"'):
        resolve(LATE, total_steps=500)
    with refused('resolve(beta2=None): beta2 must be given, for "auto"'):
        lint(LATE, 500)


def test_may_be_left_to_the_scheduler_where_other_units_are_resolved():
    plan = resolve(warmup("auto") >> cosine(1, 0.1, steps="2ep"), steps_per_epoch=30)
    assert repr(plan) == 'warmup("auto") >> cosine(1, 0.1, steps=60)'
    assert followed(Scheduler(adam(0.8), plan)) == "linear(0, 1, steps=10) >> cosine(1, 0.1, steps=60)"


# At bind


def test_reads_beta2_from_the_optimizer():
    optimizer = adam(0.8)
    used = train(optimizer, Scheduler(optimizer, LATE, total_steps=40))
    assert used == (warmup(10) >> cosine(1, 0.1, steps=30)).values()


def test_reads_a_tensor_as_well():
    optimizer = make(torch.optim.Adam, betas=(torch.tensor(0.9), torch.tensor(0.999)), capturable=False, foreach=False)
    assert followed(Scheduler(optimizer, LATE)) == 'linear(0, 1, steps=2000) >> cosine(1, 0.1, steps="rest")'


def test_takes_the_largest_of_several():
    first = torch.optim.Adam([
        {"params": make().param_groups[0]["params"], "betas": (0.9, beta2)} for beta2 in (0.9, 0.98)
    ], lr=1.0)  # fmt: skip
    assert followed(Scheduler([first, adam(0.95)], LATE, total_steps=400)) == (
        "linear(0, 1, steps=100) >> cosine(1, 0.1, steps=300)"
    )


def test_stands_in_the_plan_of_any_knob():
    scheduler = Scheduler(adam(), values={"weight_decay": 'warmup("auto") >> constant(1)'})
    assert followed(scheduler) == "linear(0, 1, steps=100) >> constant(1)"


def test_an_optimizer_without_beta2_is_refused_in_words():
    with refused(
        'Scheduler(optimizer=SGD): optimizer must have a beta2 for the length "auto"; write the length in updates, '
        "which find_warmup can find"
    ):
        Scheduler(make(), LATE)


def test_a_run_of_which_it_leaves_nothing_is_told():
    with pytest.warns(PreheatWarning) as said:
        Scheduler(adam(0.999), LATE, total_steps=500)
    assert str(said[0].message) == (
        'Scheduler(plan=warmup("auto") >> cosine(1, 0.1, steps="rest")): its warm-up takes all of the 500 updates, so '
        "none is left to come to its end, 0.1; shorten it [long-warmup]"
    )


def test_says_in_the_log_what_it_is(caplog):
    with caplog.at_level(logging.INFO, "preheat"):
        Scheduler(adam(), LATE)
        Scheduler(adam(0.999), warmup("auto") >> constant(1), total_steps=500)
        Scheduler(adam(), constant(1))
    assert caplog.messages == [
        '"auto" is 100 updates: 2 / (1 - beta2) with beta2=0.98, and at most the whole run',
        '"auto" is 500 updates: 2 / (1 - beta2) with beta2=0.999, and at most the whole run',
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (torch.optim.RAdam, 'its rectification; "auto" adds 100 updates to that: leave it out'),
        (AdamWScheduleFree,
         ('warmup_steps, by which it weighs its averages too; "auto" adds 100 updates to that: give them to the '
         "optimizer instead")),
        (Prodigy,
         ('the growth of its step from d0; "auto" adds 100 updates to that: leave it out, or pass '
         "safeguard_warmup=True")),
    ],
)  # fmt: skip
def test_an_optimizer_that_warms_up_by_itself_is_said_once(kind, words):
    optimizer = adam(kind=kind)
    with pytest.warns(PreheatWarning) as caught:
        scheduler = Scheduler(optimizer, LATE, total_steps=200)
    assert sentences(caught) == [f"Scheduler(optimizer={kind.__name__}): it warms up by {words}"]
    train(optimizer, scheduler, updates=3)


def test_a_length_in_updates_says_nothing_to_such_an_optimizer():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Scheduler(adam(kind=torch.optim.RAdam), warmup(10) >> constant(1))


# Later


def test_a_checkpoint_holds_what_was_bound_and_what_it_came_to():
    state = Scheduler(adam(), LATE, total_steps=400).state_dict()
    assert state["plans"] == ['warmup("auto") >> cosine(1, 0.1, steps="rest")']
    assert state["resolved"] == ["linear(0, 1, steps=100) >> cosine(1, 0.1, steps=300)"]


def test_a_resumed_run_with_another_beta2_has_another_plan():
    state = Scheduler(adam(), LATE, total_steps=400).state_dict()
    with pytest.raises(ValueError, match=r'must be the saved one \(on_change="error"\); saved: linear\(0, 1, steps=10'):
        Scheduler(adam(0.99), LATE, total_steps=400, on_change="error").load_state_dict(state)


def test_a_total_that_comes_later_cuts_it():
    scheduler = Scheduler(adam(0.8), LATE)
    scheduler.extend(8)
    assert train(scheduler.optimizer, scheduler, 8) == warmup(8).values()
