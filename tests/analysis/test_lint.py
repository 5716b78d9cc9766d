"""Findings: what a plan shows by itself, beside the length of a run, and bound to an optimizer."""

import warnings

import pytest
import torch

from preheat import (
    PreheatWarning,
    after,
    clip,
    constant,
    cosine,
    deepseek_steps,
    exponential_warmup,
    function,
    inverse_sqrt,
    linear,
    lint,
    milestones,
    noam,
    noise,
    one_cycle,
    one_minus_sqrt,
    parse,
    radam,
    repeat,
    reverse,
    stretch,
    table,
    triangular2,
    until,
    warmup,
    warmup_constant,
    wsd,
    zero_based,
)
from preheat._lint import CODES, Finding
from preheat.torch import Scheduler
from training import make

PLAN = warmup(2_000) >> cosine(1, 0.1, steps=8_000)
TIMM = zero_based(warmup(10, 0.01)) >> after(zero_based(cosine(1, 0, steps=90)), 10)  # its default, without a prefix

# A plan, the updates of its run, and what is said.
SAID = [
    (
        PLAN,
        1_500,
        (
            "wrong: its warm-up takes 2000 updates and the run has 1500, so it reaches 0.75 of 1; shorten it "
            "[long-warmup]"
        ),
    ),
    (
        noam(512, 4_000),
        1_000,
        (
            "wrong: its warm-up takes 4000 updates and the run has 1000, so it reaches 0.0001747 of "
            "0.0006988; shorten it [long-warmup]"
        ),
    ),
    (
        cosine(0.5, 0.4, steps=30) >> linear(0.4, 2, steps=10),
        30,
        (
            "wrong: its highest value, 2, is that of update 39, "
            "and the run has 30; the highest used is 0.4997; give it fewer steps [peak-unreached]"
        ),
    ),
    (
        TIMM,
        None,
        (
            "wrong: no update uses 1, at which the piece before update 10 ends; the highest used is 0.9698, by "
            "update 10; begin the next piece there, or leave out zero_based [peak-unreached]"
        ),
    ),
    (
        warmup(5) >> cosine(1, 0, steps=85),
        90_000,
        (
            "wrong: it ends after 90 of 90000 updates, and the others use 0; if "
            'its lengths are epochs, write stretch(plan, steps=90000) or pass clock="calls"; if it is to stay there, '
            "end it with >> constant(0) [epochs]"
        ),
    ),
    (
        PLAN,
        9_000,
        (
            "note: it has 10000 updates and the run 9000, so it stops at 0.1343 and not at 0.1; write "
            "stretch(plan, steps=9000) [end-unreached]"
        ),
    ),
    (
        PLAN,
        12_000,
        (
            "note: it ends after 10000 of 12000 updates, and the others use 0.1; write stretch(plan, "
            "steps=12000), or end it with >> constant(0.1) [ends-early]"
        ),
    ),
    (
        warmup(20),
        90_000,
        (
            "note: it ends after 20 of 90000 updates, and the others use 1; write stretch(plan, "
            "steps=90000), or end it with >> constant(1) [ends-early]"
        ),
    ),
    (
        zero_based(linear(1, 0, steps=10)),
        None,
        (
            "note: its last update uses 0.1, and its end, 0, comes after it; leave "
            "out zero_based, or give the run one update more [end-unreached]"
        ),
    ),
    (
        zero_based(PLAN),
        10_000,
        (
            "note: its first value is 0, so as a learning rate update 0 changes nothing; leave out "
            "zero_based, or start above 0 [zero-start]"
        ),
    ),
    (
        warmup(20) >> cosine(1, 0, steps=0),
        20,
        (
            "wrong: its warm-up takes all of the 20 updates, so none is left to come to its end, 0; shorten it "
            "[long-warmup]"
        ),
    ),
    (
        warmup(10) >> cosine(0.5, 0, steps=90),
        None,
        (
            "note: it jumps at update 10 from 1 to 0.4998; if it is not meant, "
            "begin the next piece where the one before it ends [jump]"
        ),
    ),
    (
        deepseek_steps(20, total_steps=1_000),
        1_000,
        (
            "note: it jumps at update 800 from 1 to 0.316, the largest of 2 "
            "jumps; if it is not meant, begin the next piece where the one before it ends [jump]"
        ),
    ),
]


@pytest.mark.parametrize(("plan", "total_steps", "sentence"), SAID, ids=[s.rpartition("[")[2][:-1] for *_, s in SAID])
def test_it_says(plan, total_steps, sentence):
    assert [str(finding) for finding in lint(plan, total_steps)] == [sentence]


QUIET = [
    (PLAN, 10_000),
    (PLAN, None),
    (noam(512, 4_000), 100_000),
    (warmup_constant(100), 500),
    (inverse_sqrt(4_000), None),
    (linear(0, 1, steps=10) >> zero_based(cosine(1, 0.1, steps=900)), 910),  # torchtitan
    (linear(0, 10 / 11, steps=10) >> zero_based(cosine(1, 0.1, steps=900)), 910),  # nanoGPT
    (wsd(1_000, total_steps=50_000, decay_steps=10_000), 50_000),
    (warmup(4_000) >> one_minus_sqrt(1, 0, steps=10), 4_010),  # steep from its first update on
    (one_cycle(1_000), 1_000),
    (triangular2(20, 30), 10_000),
    (exponential_warmup(1_000), 500),  # rises to a limit; there is no peak to be missed
    (radam(0.999), 1_000),
    (exponential_warmup(1_000) * linear(1, 0, steps=10_000), 10_000),
    (noise(linear(1, 0, steps=5_000), 0.1, seed=0), 5_000),
    (table((1, 0.1, 1, 0.1)), 4),
    (constant(0), 10),
    (constant(1), 10),
    (constant(1, steps=0), None),
    (constant(1, steps=0), 1),
]


@pytest.mark.parametrize(("plan", "total_steps"), [(plan, n) for plan, n in QUIET if plan.steps != 0])
def test_it_does_not_cry_wolf(plan, total_steps):
    assert lint(plan, total_steps) == ()


def test_a_plan_without_an_update_has_nothing_wrong_in_it():
    assert lint(constant(1, steps=0)) == ()


def test_a_short_warmup_by_itself_is_no_plan_in_epochs():
    assert codes(warmup(5) >> constant(1, steps=85), 90_000) == ["ends-early"]
    assert codes(constant(1, steps=90), 90_000) == ["ends-early"]


def test_a_long_plan_that_ends_early_is_not_in_epochs():
    assert codes(PLAN, 1_000_000) == ["ends-early"]


def codes(plan, total_steps=None, **options):
    return [finding.code for finding in lint(plan, total_steps, **options)]


def test_the_wrong_come_before_the_notes():
    assert codes(TIMM - TIMM(0)) == ["peak-unreached", "zero-start"]
    assert [finding.kind for finding in lint(TIMM - TIMM(0))] == ["wrong", "note"]


def test_what_is_to_be_ignored_is_left_out():
    assert codes(TIMM - TIMM(0), ignore=["peak-unreached"]) == ["zero-start"]
    assert codes(TIMM - TIMM(0), ignore={"peak-unreached", "zero-start"}) == []


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: lint(PLAN, ignore=["peek"]),
            ValueError,
            (
                "lint(ignore=['peek']): 'peek' must be a code, one of not-called, peak-unreached, long-warmup, epochs, "
                "out-of-range, confused, zero-start, end-unreached, ends-early, jump, short-warmup"
            ),
        ),
        (
            lambda: lint(PLAN, 0),
            ValueError,
            "lint(total_steps=0): total_steps must be a whole number, from 1 up to 2**53",
        ),
        (
            lambda: lint(PLAN, 1.5),  # type: ignore[arg-type]
            TypeError,
            "lint(total_steps=1.5): total_steps must be a whole number, from 1 up to 2**53",
        ),
        (lambda: lint("warmup(4)"), TypeError, "lint(plan='warmup(4)'): plan must be a plan"),
    ],
    ids=["a code", "no run", "half an update", "a text"],
)
def test_what_cannot_be_asked_is_refused(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == words


def test_every_code_is_wrong_or_a_note_and_has_a_meaning():
    assert {code.kind for code in CODES.values()} == {"wrong", "note"}
    assert all(code.meaning for code in CODES.values())
    assert [name for name, code in CODES.items() if code.bound] == ["out-of-range", "confused", "short-warmup"]


# A user's function


def test_a_function_is_asked_for_updates_of_its_run_only():
    asked: set[float] = set()

    def own(i: float) -> float:
        asked.add(i)
        return 1 / (i + 1)

    assert codes(function(own), 50) == []
    assert asked == set(range(50))
    asked.clear()
    assert codes(function(own, steps=20), 10) == ["end-unreached"]
    assert all(isinstance(i, int) for i in asked)


def test_a_function_that_jumps_is_seen():
    assert codes(function(lambda _: 1, steps=20) >> function(lambda _: 0.5, steps=20)) == ["jump"]


# Where it looks


@pytest.mark.parametrize(
    "plan",
    [
        reverse(warmup(4_000) >> constant(0.5, steps=2_000)),
        2 * (warmup(4_000) >> constant(0.5, steps=2_000)),
        clip(warmup(4_000) >> constant(0.5, steps=2_000), -1, 2),
        until(warmup(4_000) >> constant(0.5, steps=2_000) >> constant(0.5), 5_000),
        stretch(parse("noise(linear(0, 1, steps=40) >> constant(0.5, steps=20), 0, seed=0)"), steps=6_000),
        repeat(warmup(20) >> constant(0.5, steps=5)),
        after(repeat(warmup(2_000) >> constant(0.5, steps=500)), 700),
        0.5 + repeat(warmup(2_000) >> constant(0.5, steps=500)) * constant(1),
        stretch(until(repeat(warmup(2_000) >> constant(0.5, steps=500)), 5_000), steps=6_000),
    ],
    ids=str,
)
def test_seams_are_seen_inside_of_every_operation(plan):
    assert "jump" in codes(plan)


def test_a_chain_of_more_seams_than_are_looked_at_is_looked_at_all_the_same():
    assert codes(milestones(-1, milestones=tuple(range(10, 105_000, 10)))) == ["jump"]


# Bound


def bound(optimizer, *args, **options):
    """A scheduler whose warnings are kept."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return Scheduler(optimizer, *args, **options), [str(one.message) for one in caught]


def test_bind_says_the_wrong_ones_with_their_codes_and_no_notes():
    _, said = bound(make(), TIMM)
    assert said == [
        (
            "Scheduler(plan=zero_based(linear(0.01, 1, steps=10)) >> zero_based(after...): no update uses 1, at "
            "which the piece before update 10 ends; the highest used is 0.9698, by update 10; begin the next piece "
            "there, or leave out zero_based [peak-unreached]"
        )
    ]


def test_python_filters_silence_a_code():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*\[peak-unreached\]", category=PreheatWarning)
        Scheduler(make(), TIMM)


def test_several_groups_of_one_plan_are_said_once():
    _, said = bound(make(torch.optim.SGD, 1.0, 2.0), {0: TIMM, 1: TIMM})
    assert len(said) == 1


def test_a_scheduler_shows_the_wrong_and_the_notes():
    scheduler, _ = bound(make(torch.optim.Adam, 1e-3), noam(512, 4_000))
    (confused,) = lint(scheduler)
    assert confused == Finding(
        "confused",
        "Scheduler(plan=noam(512, 4000)): multiplies lr=0.001, so the lr never exceeds 7e-07",
        "a plan of learning rates goes in lr=",
    )
    assert [finding.code for finding in lint(scheduler, 1_000)] == ["long-warmup", "confused"]


def test_a_warmup_shorter_than_the_second_moment_is_a_note():
    scheduler, said = bound(make(torch.optim.AdamW, betas=(0.9, 0.999)), warmup_constant(500))
    assert said == []
    assert [str(finding) for finding in lint(scheduler)] == [
        (
            "note: Scheduler(plan=linear(0, 1, steps=500) >> constant(1)): its warm-up takes 500 updates, and with "
            "beta2=0.999 2 / (1 - beta2) is 2000; write warmup(2000), or keep it if training is stable [short-warmup]"
        )
    ]


@pytest.mark.parametrize(
    ("kind", "options", "plan"),
    [
        (torch.optim.AdamW, {"betas": (0.9, 0.99)}, warmup_constant(200)),
        (torch.optim.AdamW, {}, cosine(1, 0, steps=100)),  # none at all: a choice
        (torch.optim.RAdam, {}, warmup_constant(500)),  # it has its own
        (torch.optim.SGD, {}, warmup_constant(500)),
    ],
    ids=["long enough", "no warm-up", "RAdam", "no beta2"],
)
def test_no_warmup_is_called_short_that_is_not(kind, options, plan):
    assert lint(bound(make(kind, **options), plan)[0]) == ()


def test_of_other_knobs_only_lengths_and_jumps_are_said():
    scheduler, said = bound(make(torch.optim.AdamW, weight_decay=0.1), scale={"weight_decay": TIMM})
    assert (said, lint(scheduler)) == ([], ())
    assert [finding.code for finding in lint(scheduler, 80)] == ["end-unreached"]


def test_a_plan_of_the_callers_own_function_is_not_asked():
    assert lint(bound(make(), function(lambda i: 1 / 0 if i else 1.0))[0]) == ()


def test_a_scheduler_that_knows_its_run_is_compared_with_it():
    scheduler, said = bound(make(), PLAN, total_steps=1_500)
    assert said == [
        (
            "Scheduler(plan=linear(0, 1, steps=2000) >> cosine(1, 0.1, steps=8000)): its warm-up takes 2000 "
            "updates and the run has 1500, so it reaches 0.75 of 1; shorten it [long-warmup]"
        )
    ]
    assert [finding.code for finding in lint(scheduler)] == ["long-warmup"]
    assert lint(scheduler, 10_000) == ()


def test_a_run_that_is_extended_is_compared_with_its_new_length():
    scheduler, _ = bound(make(), 'linear(0, 1, steps=20) >> cosine(1, 0, steps="rest")', total_steps=100)
    scheduler.extend(400)
    assert lint(scheduler) == ()


def test_lengths_are_not_compared_where_the_clock_counts_no_updates():
    scheduler, _ = bound(make(), PLAN, clock="calls")
    assert lint(scheduler, 90_000) == ()


def test_lengths_that_ask_for_the_total_are_looked_at_with_it():
    plan = warmup("50%") >> cosine(1, 0.1, steps="rest")
    assert lint(plan, total_steps=1_000) == ()
    assert [finding.code for finding in lint(warmup(900) >> plan, total_steps=10_000)] == [
        finding.code for finding in lint(warmup(900) >> warmup(5_000) >> cosine(1, 0.1, steps=4_100))
    ]
    with pytest.raises(ValueError, match=r"its lengths must be in updates before it has values; resolve\(plan, total_"):
        lint(plan)
