"""A run under a scheduler of torch's, carried over in the middle: the same learning rates from there on."""

from functools import partial
from types import SimpleNamespace

import pytest
import torch
from torch.optim import lr_scheduler as theirs
from torch.optim.swa_utils import SWALR

from preheat import constant, cosine, linear, parse, table, warmup, zero_based
from preheat.torch import Scheduler, from_scheduler

LRS = (0.1, 0.3)
WHEN = (0, 1, 7, 29, 30, 31, 60, 99, 100)  # of the runs below


def sgd(lrs=LRS, **options):
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs]
    return torch.optim.SGD(groups, lr=lrs[0], momentum=0.9, **options)


def adam(lrs=LRS):
    return torch.optim.Adam([{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs], lr=lrs[0])


def run(optimizer, scheduler, updates):
    """The lr of each group, and of a cycled momentum, at each update."""
    used = []
    for _ in range(updates):
        used.append([lr_and_momentum(group) for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return used


def lr_and_momentum(group):
    return float(group["lr"]), group["momentum"] if "momentum" in group else group["betas"][0]


def sequential(optimizer):
    stages = [
        theirs.LinearLR(optimizer, start_factor=0.1, total_iters=30),
        theirs.CosineAnnealingLR(optimizer, T_max=50, eta_min=0.01),
        theirs.StepLR(optimizer, step_size=10, gamma=0.5),
    ]
    return theirs.SequentialLR(optimizer, stages, milestones=[30, 80])


def chained(optimizer):
    rise = theirs.LinearLR(optimizer, start_factor=0.1, total_iters=30)
    return theirs.ChainedScheduler([rise, theirs.ExponentialLR(optimizer, gamma=0.99)])


def chained_with_a_floor(optimizer):
    rise = theirs.LinearLR(optimizer, start_factor=0.1, total_iters=30)
    return theirs.ChainedScheduler([rise, theirs.CosineAnnealingLR(optimizer, T_max=120, eta_min=0.01)])


def one_cycle(optimizer, **options):
    return theirs.OneCycleLR(optimizer, max_lr=[0.1, 0.5], total_steps=120, **options)


# How each is built, and by name where there are several.
MAKES = {
    "LambdaLR of a plan": partial(theirs.LambdaLR, lr_lambda=warmup(30) >> cosine(1, 0, steps=100)),
    "LambdaLR of two": partial(theirs.LambdaLR, lr_lambda=[warmup(30), linear(1, 0.5, steps=99)]),
    "StepLR": partial(theirs.StepLR, step_size=30, gamma=0.5),
    "MultiStepLR": partial(theirs.MultiStepLR, milestones=[60, 7, 30, 30], gamma=0.5),
    "ConstantLR": partial(theirs.ConstantLR, factor=0.25, total_iters=30),
    "LinearLR": partial(theirs.LinearLR, start_factor=0.1, end_factor=0.9, total_iters=30),
    "ExponentialLR": partial(theirs.ExponentialLR, gamma=0.97),
    "PolynomialLR": partial(theirs.PolynomialLR, total_iters=60, power=2.0),
    "CosineAnnealingLR": partial(theirs.CosineAnnealingLR, T_max=120, eta_min=0.001),
    "CosineAnnealingWarmRestarts": partial(theirs.CosineAnnealingWarmRestarts, T_0=30, eta_min=0.001),
    "CosineAnnealingWarmRestarts that grow": partial(theirs.CosineAnnealingWarmRestarts, T_0=30, T_mult=2),
    "CyclicLR": partial(theirs.CyclicLR, base_lr=[0.01, 0.1], max_lr=[0.1, 0.5], step_size_up=30),
    "CyclicLR of two lengths": partial(
        theirs.CyclicLR, base_lr=0.01, max_lr=0.1, step_size_up=7, step_size_down=23, mode="exp_range", gamma=0.99
    ),
    "CyclicLR without momentum": partial(
        theirs.CyclicLR, base_lr=0.0, max_lr=0.1, step_size_up=30, mode="triangular2", cycle_momentum=False
    ),
    "OneCycleLR": one_cycle,
    "OneCycleLR in straight lines": partial(one_cycle, pct_start=0.33, anneal_strategy="linear"),
    "OneCycleLR of three phases": partial(one_cycle, three_phase=True, div_factor=7.0, final_div_factor=3.0),
    "SWALR": lambda optimizer: SWALR(optimizer, [0.05, 0.5], anneal_epochs=30),  # type: ignore[arg-type]  # or a list
    "SWALR in a straight line": partial(SWALR, swa_lr=0.05, anneal_epochs=60, anneal_strategy="linear"),
    "SWALR at once": partial(SWALR, swa_lr=0.05, anneal_epochs=0),
    "SequentialLR": sequential,
    "ChainedScheduler": chained,
    "ChainedScheduler with a floor": chained_with_a_floor,
}  # fmt: skip
every_scheduler = pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)


@every_scheduler
@pytest.mark.filterwarnings("ignore:Scheduler. the plan of lr has ended")  # as theirs has
@pytest.mark.parametrize("make_optimizer", [sgd, adam])
def test_a_run_goes_on_with_the_same_learning_rates(make, make_optimizer):
    whole = make_optimizer()
    used = run(whole, make(whole), 119)
    for stop in WHEN:
        optimizer = make_optimizer()
        scheduler = make(optimizer)
        run(optimizer, scheduler, stop)
        ours = from_scheduler(scheduler).bind(optimizer)
        for ours_now, theirs_now in zip(run(optimizer, ours, 119 - stop), used[stop:], strict=True):
            for (lr, momentum), (lr_of_theirs, momentum_of_theirs) in zip(ours_now, theirs_now, strict=True):
                assert lr == pytest.approx(lr_of_theirs, rel=0, abs=1e-12 * max(LRS))
                assert momentum == pytest.approx(momentum_of_theirs, rel=1e-12)
        assert ours.last_epoch == 119


@every_scheduler
def test_it_leaves_the_scheduler_and_its_optimizer_as_they_are(make):
    optimizer = sgd()
    scheduler = make(optimizer)
    run(optimizer, scheduler, 40)
    before = repr((optimizer.state_dict(), vars(scheduler), scheduler.state_dict()))
    from_scheduler(scheduler)
    from_scheduler(scheduler, sample=60)
    assert repr((optimizer.state_dict(), vars(scheduler), scheduler.state_dict())) == before


def test_groups_that_follow_the_same_have_one_plan_and_others_each_their_own():
    found = from_scheduler(theirs.CosineAnnealingLR(sgd(), T_max=120))
    assert found == (zero_based(cosine(1, 0, steps=120)), (0.1, 0.3), 0, {})
    assert from_scheduler(theirs.CosineAnnealingLR(sgd(), T_max=120, eta_min=0.03)).plan == {
        0: parse("zero_based(cosine(1, 0.3, steps=120))"),
        1: parse("zero_based(cosine(1, 0.1, steps=120))"),
    }


def test_a_scheduler_that_sets_the_lr_has_its_peak_for_a_base():
    found = from_scheduler(theirs.OneCycleLR(sgd(), max_lr=0.5, total_steps=10))
    assert found.bases == (0.5, 0.5)
    assert (
        repr(found.plan)
        == "zero_based(cosine(0.04, 1, steps=2) >> cosine(1, 4e-06, steps=7) >> constant(4e-06, steps=1))"
    )
    assert found.values == {
        "momentum": parse(
            "zero_based(cosine(0.95, 0.85, steps=2) >> cosine(0.85, 0.95, steps=7) >> constant(0.95, steps=1))"
        )
    }


def test_a_run_in_epochs_goes_on_in_epochs():
    optimizer = sgd()
    scheduler = theirs.StepLR(optimizer, step_size=2, gamma=0.5)
    for _ in range(3):
        for _ in range(10):
            optimizer.step()
        scheduler.step()
    ours, used = from_scheduler(scheduler).bind(optimizer, clock="calls"), []
    for _ in range(3):
        for _ in range(10):
            optimizer.step()
        used.append(optimizer.param_groups[0]["lr"])
        ours.step()
    assert used == [0.05, 0.025, 0.025]


def test_a_scheduler_that_was_loaded_is_found_where_it_was_saved():
    optimizer = sgd()
    scheduler = theirs.ExponentialLR(optimizer, gamma=0.97)
    run(optimizer, scheduler, 40)
    resumed = sgd()
    loaded = theirs.ExponentialLR(resumed, gamma=0.5)
    loaded.load_state_dict(scheduler.state_dict())
    resumed.load_state_dict(optimizer.state_dict())
    assert from_scheduler(loaded) == from_scheduler(scheduler)


def test_a_tensor_stays_one():
    optimizer = sgd([torch.tensor(0.1), torch.tensor(0.3)])
    scheduler = theirs.CosineAnnealingLR(optimizer, T_max=1_000)
    run(optimizer, scheduler, 500)  # in float32, which their recursion drifts in
    from_scheduler(scheduler).bind(optimizer)
    held = [group["lr"] for group in optimizer.param_groups]
    assert [lr.dtype for lr in held] == [torch.float32, torch.float32]
    assert [float(lr) for lr in held] == pytest.approx([0.05, 0.15], rel=1e-6)


def test_a_group_without_a_learning_rate_stays_without():
    optimizer = sgd([0.1, 0.0])
    found = from_scheduler(theirs.LinearLR(optimizer, start_factor=0.1, total_iters=30))
    assert found.bind(optimizer).get_last_lr() == pytest.approx([0.01, 0])


def test_an_average_from_nothing_to_nothing_is_found():
    assert from_scheduler(SWALR(sgd([0.0, 0.1]), 0.0, anneal_epochs=4)).bases == (0.0, 0.1)


@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.33, 0.5])
@pytest.mark.parametrize("total", [5, 11, 20])
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
def test_one_cycle_is_found_at_every_update_and_refused_past_them(share, total, strategy, three_phase):
    options = {"pct_start": share, "anneal_strategy": strategy, "three_phase": three_phase}
    if share * total == 1:
        with pytest.raises(ZeroDivisionError):
            theirs.OneCycleLR(sgd(), 0.5, total, **options)
        return
    optimizer = sgd()
    scheduler = theirs.OneCycleLR(optimizer, 0.5, total, **options)
    used = [lr for ((lr, _), _) in run(optimizer, scheduler, total)]
    with pytest.raises(ValueError, match=r"^from_scheduler\(OneCycleLR\): its lr for update .* past the planned end"):
        from_scheduler(scheduler)
    optimizer = sgd()
    scheduler = theirs.OneCycleLR(optimizer, 0.5, total, **options)
    for position in range(total):
        followed = from_scheduler(scheduler)
        assert followed.position == position
        assert [0.5 * followed.plan(i) for i in range(total)] == pytest.approx(used, rel=1e-9, abs=1e-15)
        run(optimizer, scheduler, 1)


def test_a_one_cycle_from_nothing_is_refused_in_words():
    with pytest.raises(ValueError, match=r"^from_scheduler\(OneCycleLR\): initial_lr=0 and min_lr=0 must be above 0"):
        from_scheduler(theirs.OneCycleLR(sgd(), 0.0, 10))


def test_a_sample_past_the_end_is_refused():
    words = r"^from_scheduler\(sample=30\): sample must be at most 11, where it ends$"
    with pytest.raises(ValueError, match=words):
        from_scheduler(theirs.OneCycleLR(sgd(), 0.5, 10), sample=30)


def test_more_milestones_than_a_plan_writes_out_are_refused():
    with pytest.raises(ValueError, match="milestones must be counted, at most 10000 of them"):
        from_scheduler(theirs.MultiStepLR(sgd(), [1] * 10_001))


# What cannot be known


SAYS, WHY = "as its parameters say, and is", "by another hand, or past the planned end"
SAMPLE = "from_scheduler(scheduler, sample=10_000) writes the lr of so many updates into a table"


class Own(theirs.LRScheduler):
    """A user's."""

    def get_lr(self):
        return [base / (1 + self.last_epoch) for base in self.base_lrs]


def own(i):
    return 1 / (1 + i)


def moved_by_hand(optimizer):
    scheduler = theirs.StepLR(optimizer, step_size=30)
    optimizer.param_groups[1]["lr"] = 0.2
    return scheduler


def past_its_end(optimizer):
    scheduler = theirs.CosineAnnealingLR(optimizer, T_max=10)
    run(optimizer, scheduler, 15)
    return scheduler


UNKNOWN = {
    "a user's own function": (
        partial(theirs.LambdaLR, lr_lambda=own),
        f"from_scheduler(LambdaLR): lr_lambda={own!r:.60} is a function of your own, which Scheduler takes as it is",
    ),
    "a user's own factors": (
        partial(theirs.MultiplicativeLR, lr_lambda=own),
        f"from_scheduler(MultiplicativeLR): lr_lambda={own!r:.60} is a function of your own",
    ),
    "a user's own scale": (
        partial(theirs.CyclicLR, base_lr=0.1, max_lr=0.2, scale_fn=own),
        f"from_scheduler(CyclicLR): scale_fn={own!r:.60} is a function of your own",
    ),
    "a user's own scheduler": (Own, "from_scheduler(Own): what it does is not known here"),
    "an lr set by hand": (
        moved_by_hand,
        f"from_scheduler(StepLR): its lr for update 0 must be 0.3 in group 1, {SAYS} 0.2: {WHY}",
    ),
    "a cosine that climbs back": (
        past_its_end,
        f"from_scheduler(CosineAnnealingLR): its lr for update 15 must be 0 in group 0, {SAYS} 0.05: {WHY}",
    ),
    "an exponential that is 0 at once": (
        partial(theirs.ExponentialLR, gamma=0.0),
        "from_scheduler(ExponentialLR): ExponentialLR(gamma=0.0): gamma must be a number above 0",
    ),
    "a cycle inside a sequence": (
        lambda o: theirs.SequentialLR(o, [theirs.LinearLR(o), theirs.OneCycleLR(o, 0.5, 10)], [5]),
        "from_scheduler(SequentialLR): what OneCycleLR does inside another scheduler has no plan",
    ),
    "an average inside a sequence": (
        lambda o: theirs.SequentialLR(o, [theirs.LinearLR(o), SWALR(o, 0.05)], [5]),
        "from_scheduler(SequentialLR): what SWALR does inside another scheduler has no plan",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "words"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_cannot_be_known_is_said_with_a_remedy(make, words):
    with pytest.raises(ValueError, match=r"^from_scheduler") as caught:
        from_scheduler(make(sgd()))
    assert str(caught.value) == f"{words}; {SAMPLE}"


@pytest.mark.parametrize("make", [make for make, _ in UNKNOWN.values()], ids=UNKNOWN)
@pytest.mark.filterwarnings("ignore:Scheduler. the plan of lr has ended", "ignore:.*lr_scheduler.step")
def test_what_cannot_be_known_can_be_sampled(make):
    whole = sgd()
    scheduler = make(whole)
    at = scheduler.last_epoch
    used = run(whole, scheduler, 9)
    optimizer = sgd()
    followed = from_scheduler(make(optimizer), sample=at + 9)
    assert followed.position == at
    for ours, of_theirs in zip(run(optimizer, followed.bind(optimizer), 9), used, strict=True):
        assert ours == [pytest.approx(of_group, rel=1e-12) for of_group in of_theirs]


def test_a_sample_is_a_table_of_what_comes_and_the_lr_of_now_before():
    optimizer = sgd([0.5, 1.0])
    scheduler = theirs.LambdaLR(optimizer, own)
    run(optimizer, scheduler, 3)
    plan = constant(0.25, steps=3) >> table((0.25, 0.2, 1 / 6))
    assert from_scheduler(scheduler, sample=6) == (plan, (0.5, 1.0), 3, {})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"sample": 3},
            "from_scheduler(sample=3): sample must be above 3, where the scheduler stands, and at most 262144",
        ),
        (
            {"sample": 2**18 + 1},
            "from_scheduler(sample=262145): sample must be above 3, where the scheduler stands, and at most 262144",
        ),
        ({"sample": -1}, "from_scheduler(sample=-1): sample must be a whole number of updates, from 0 up to 2**53"),
        ({"at": 3}, "from_scheduler(at=3): at must be left out; from_scheduler(StepLR) has counted 3"),
    ],
)
def test_what_is_given_beside_it_is_checked(options, words):
    optimizer = sgd()
    scheduler = theirs.StepLR(optimizer, step_size=30)
    run(optimizer, scheduler, 3)
    with pytest.raises(ValueError, match=r"^from_scheduler") as caught:
        from_scheduler(scheduler, **options)
    assert str(caught.value) == words


def test_a_plateau_is_no_plan():
    with pytest.raises(ValueError, match=r"this follows a metric; use preheat\.torch\.Plateau$"):
        from_scheduler(theirs.ReduceLROnPlateau(sgd()))


def test_ours_needs_no_carrying():
    words = r"^from_scheduler\(Scheduler\): it must be another library's; the state_dict of ours carries a run over$"
    with pytest.raises(TypeError, match=words):
        from_scheduler(Scheduler(sgd(), constant(1)))


@pytest.mark.parametrize("thing", [None, 3, constant(1), SimpleNamespace(optimizer=sgd())])
def test_anything_else_is_refused(thing):
    with pytest.raises(TypeError, match=r"(?s)^from_scheduler\(scheduler=.*\): scheduler must be one of") as caught:
        from_scheduler(thing)
    assert str(caught.value).endswith(
        "torch, transformers, timm or pytorch_optimizer, bound to its optimizer; a saved state goes in "
        "Scheduler.load_state_dict"
    )


def test_an_optimizer_of_other_groups_is_refused():
    followed = from_scheduler(theirs.StepLR(sgd(), step_size=30))
    with pytest.raises(ValueError, match=r"^bind\(optimizer of 1 groups\): there must be one for each base, 2$"):
        followed.bind(sgd([0.1]))
