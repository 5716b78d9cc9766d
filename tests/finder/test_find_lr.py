"""The range test: its sweep, its end, and what it suggests."""

from itertools import pairwise
from math import nan

import pytest
import torch

from preheat._finder.lr import minimum, steepest, steepest_centred
from preheat.torch import Scheduler, find_lr

# A recorded sweep, 10 updates to a decade, and what the rules of others say of it, by their own code:
# fastai 0a049e8a, fastai/callback/schedule.py, `steep` and `minimum`; pytorch-lr-finder 00abb907,
# torch_lr_finder/lr_finder.py, `LRFinder.plot`. All three leave out the first tenth and the last 5.
LRS = [1e-5 * 10 ** (k / 10) for k in range(51)]
LOSSES = [
    2.2963, 2.3125, 2.2765, 2.2925, 2.3071, 2.2695, 2.2842, 2.2958, 2.2553, 2.2665, 2.2728, 2.2261, 2.2302, 2.2264,
    2.1682, 2.1587, 2.1376, 2.0597, 2.0284, 1.9821, 1.8783, 1.8211, 1.7497, 1.6248, 1.5527, 1.4725, 1.3477, 1.2843,
    1.219, 1.1154, 1.0771, 1.0376, 0.9603, 0.9472, 0.9297, 0.8725, 0.8774, 0.8746, 0.831, 0.8488, 0.8581, 0.8291,
    0.866, 0.9012, 0.9126, 1.0136, 1.1514, 1.3313, 1.709, 2.3007, 3.2293,
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "said"),
    [(steepest, 0.0015848931924611143), (minimum, 0.012589254117941664), (steepest_centred, 0.00316227766016838)],
)
def test_says_what_the_rules_of_others_say(rule, said):
    assert rule(LRS[5:-5], LOSSES[5:-5]) == said


class Bowl(torch.nn.Module):
    """A loss that falls, then grows without bound where the learning rate passes 2 / its curvature."""

    def __init__(self, *lrs, calls=1):
        super().__init__()
        self.weights = torch.nn.ParameterList([torch.ones(1, dtype=torch.float64) for _ in lrs or (0.1,)])
        groups = [{"params": [one], "lr": lr} for one, lr in zip(self.weights, lrs or (0.1,), strict=True)]
        self.optimizer = torch.optim.SGD(groups, lr=0.1)
        self.calls, self.called = calls, 0
        self.used: list[list[float]] = []
        self.batches: list[int] = []
        self.optimizer.register_step_post_hook(
            lambda one, *_: self.used.append([group["lr"] for group in one.param_groups])
        )

    def train_step(self, batch):
        loss = sum((one**2).sum() for one in self.weights) + 0.1
        loss.backward()
        self.batches.append(batch)
        self.called += 1
        if self.called % self.calls == 0:
            self.optimizer.step()
            self.optimizer.zero_grad()
        return loss

    def find(self, step=None, **how):
        how = {"steps": 60, "start": 1e-5, "progress": False} | how
        return find_lr(step or self.train_step, range(1000), model=self, optimizer=self.optimizer, **how)


def test_raises_the_learning_rate_in_equal_ratios_to_the_end_it_was_given():
    model = Bowl()
    found = model.find(end=0.5, sweeps=1)
    (lrs,) = [sweep.lrs for sweep in found.sweeps]
    assert [lr for (lr,) in model.used] == pytest.approx(lrs, rel=1e-15)
    assert lrs[-1] == 0.5
    assert [later / lr for lr, later in pairwise(lrs)] == pytest.approx([(0.5 / 1e-5) ** (1 / 60)] * 59)


def test_ends_where_the_smoothed_loss_is_so_many_times_the_least():
    (sweep,) = Bowl().find(sweeps=1, end=100.0).sweeps
    assert len(sweep.lrs) < 60
    assert sweep.smoothed[-1] > 4 * min(sweep.smoothed)
    assert sweep.smoothed[-2] <= 4 * min(sweep.smoothed)
    (longer,) = Bowl().find(sweeps=1, end=100.0, stop=100.0).sweeps
    assert len(longer.lrs) > len(sweep.lrs)


def test_smooths_without_the_bias_of_the_beginning():
    (sweep,) = Bowl().find(sweeps=1, end=1e-4).sweeps
    first, second = sweep.losses[:2]
    assert sweep.smoothed[0] == pytest.approx(first)
    assert sweep.smoothed[1] == pytest.approx((0.98 * first + second) / 1.98)


def test_a_loss_that_is_not_finite_ends_a_sweep_and_is_left_out():
    model = Bowl()
    (sweep,) = model.find(lambda batch: model.train_step(batch) if len(model.used) < 40 else nan, sweeps=1).sweeps
    assert len(sweep.lrs) == len(sweep.losses) == 40


def test_each_sweep_goes_on_with_the_next_batches():
    model = Bowl()
    found = model.find(end=0.5)
    assert len(found.sweeps) == 3
    assert model.batches == list(range(180))
    assert found.updates == 180


def test_counts_updates_where_a_step_takes_several_batches():
    model = Bowl(calls=4)
    (sweep,) = model.find(end=0.5, sweeps=1).sweeps
    assert len(sweep.lrs) == 60
    assert model.called == 240


def test_groups_keep_their_ratios_and_a_frozen_one_stays_frozen():
    model = Bowl(0.1, 0.01, 0.0)
    (sweep,) = model.find(end=0.5, sweeps=1).sweeps
    assert [row[0] for row in model.used] == pytest.approx(sweep.lrs)
    assert [row[1] for row in model.used] == pytest.approx([lr / 10 for lr in sweep.lrs])
    assert {row[2] for row in model.used} == {0.0}


def test_suggests_ranges_over_the_sweeps():
    found = Bowl().find()
    for said in (found.steepest, found.minimum):
        assert 1e-4 < said.low <= said.high < 1
    assert str(found).splitlines()[:2] == [
        "learning rates suggested, least to greatest over the sweeps:",
        f"steepest descent           {found.steepest.low:.2e} to {found.steepest.high:.2e}",
    ]


def test_leaves_out_the_first_tenth_and_the_last_five_as_others_do():
    found = Bowl().find(end=0.5, sweeps=1)
    lrs, smoothed = found.seen(found.sweeps[0])
    assert lrs == found.sweeps[0].lrs[6:-5]
    assert len(lrs) == len(smoothed) == 49


def test_tells_on_stderr_where_it_is(capsys):
    Bowl().find(progress=True, end=0.5, sweeps=2)
    assert capsys.readouterr().err.splitlines() == [
        "sweep of the learning rate, from batch 0 on: update 0 of 60",
        "sweep of the learning rate, from batch 0 on: update 60 of 60",
        "sweep of the learning rate, from batch 60 on: update 0 of 60",
        "sweep of the learning rate, from batch 60 on: update 60 of 60",
    ]


def test_draws_the_sweeps_with_what_is_suggested():
    found = Bowl().find()
    axes = found.plot()
    assert axes.get_xscale() == "log"
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [
        f"steepest: {found.steepest.low:.1e} to {found.steepest.high:.1e}",
        f"a tenth of the minimum's: {found.minimum.low:.1e} to {found.minimum.high:.1e}",
    ]
    assert found.plot(axes) is axes


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ({"start": 0}, ValueError, "find_lr(start=0): start must be a number above 0"),
        ({"end": "1"}, TypeError, "find_lr(end='1'): end must be a number above 0"),
        ({"start": 1.0, "end": 1.0}, ValueError, "find_lr(start=1, end=1): end must be above start"),
        ({"steps": 0}, ValueError, "find_lr(steps=0): steps must be a whole number, from 1 up to 2**53"),
        ({"sweeps": 0}, ValueError, "find_lr(sweeps=0): sweeps must be a whole number, from 1 up to 2**53"),
        ({"stop": 0}, ValueError, "find_lr(stop=0): stop must be a number above 0"),
        ({"steps": 9, "end": 1e-4}, ValueError,
         "find_lr(start=1e-05): start must be lower, or steps more; a sweep of 9 ended after 9 updates"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(how, kind, words):
    with pytest.raises(kind) as refused:
        Bowl().find(**how)
    assert str(refused.value) == words


def test_a_loss_that_is_never_finite_is_refused_in_words():
    with pytest.raises(ValueError, match="a sweep of 60 ended after 0 updates"):
        Bowl().find(lambda _: nan)


def test_every_lr_at_zero_leaves_nothing_to_keep_the_ratio_of():
    with pytest.raises(ValueError, match="find_lr") as refused:
        Bowl(0.0, 0.0).find()
    assert str(refused.value) == ("find_lr(optimizer=SGD): a group must have an lr above 0, to keep their ratios")


def test_refuses_an_optimizer_that_a_scheduler_drives():
    model = Bowl()
    Scheduler(model.optimizer, "constant(1)")
    with pytest.raises(ValueError, match="no Scheduler must drive it yet"):
        model.find()
