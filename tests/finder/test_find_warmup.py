"""The shortest warm-up that works, on a model that is known to break when its learning rate rises too fast."""

from math import inf, nan
from typing import Any

import pytest
import torch

from preheat.torch import Scheduler, find_warmup
from processes import two_processes

BROKEN = 3.0  # the loss of a model that has broken


class Brittle(torch.nn.Module):
    """Breaks for good at the first update whose learning rate is more than the peak / `threshold` above the last."""

    broken: Any
    before: Any
    updates: Any
    gentle: Any

    def __init__(self, threshold, *, broken=BROKEN, beta2=0.8, gain=0.0):
        super().__init__()
        self.threshold, self.broken_loss, self.gain = threshold, broken, gain
        self.weight = torch.nn.Parameter(torch.zeros(1))
        for name in ("broken", "before", "updates", "gentle"):
            self.register_buffer(name, torch.zeros((), dtype=torch.float64))
        self.optimizer = torch.optim.Adam(self.parameters(), lr=0.5, betas=(0.9, beta2))
        self.seen = []

    def train_step(self, batch):
        self.seen.append(batch)
        self.weight.grad = torch.ones(1)
        self.optimizer.step()
        share = self.optimizer.param_groups[0]["lr"] / 0.5
        self.broken += share - self.before > 1 / self.threshold + 1e-9
        self.gentle += share < 1 and not self.updates  # it began with a warm-up
        self.before.fill_(share)
        self.updates += 1
        healthy = 1 + 1 / self.updates.item() - self.gain * self.gentle.item()
        return self.broken_loss if self.broken else healthy + 0.02 * batch

    def find(self, batches=(0, 1, 2), **how):
        how = {"trivial": BROKEN, "progress": False} | how
        return find_warmup(self.train_step, batches, model=self, optimizer=self.optimizer, **how)


@pytest.mark.parametrize(
    ("threshold", "found", "tried"),
    [
        (1, 0, [0, 10, 20, 40]),
        (2, 10, [0, 10, 20, 40]),
        (10, 10, [0, 10, 20, 40]),
        (11, 20, [0, 10, 20, 40]),
        (40, 40, [0, 10, 20, 40, 40, 80]),  # the longest wins, so twice that is tried
        (41, 80, [0, 10, 20, 40, 80, 80, 160]),  # none works, so longer ones are
        (160, 160, [0, 10, 20, 40, 80, 160]),
        (161, None, [0, 10, 20, 40, 80, 160]),
    ],
)
def test_finds_the_shortest_warm_up_that_works(threshold, found, tried):
    result = Brittle(threshold).find()
    assert result.warmup_steps == found
    assert [trial.warmup_steps for trial in result.trials] == tried


def test_judges_every_warm_up_past_its_peak():
    trials = Brittle(41).find().trials
    assert [trial.horizon for trial in trials] == [120, 120, 120, 120, 240, 480, 480]


def test_begins_at_what_beta2_asks_for():
    assert [trial.warmup_steps for trial in Brittle(1, beta2=0.98).find().trials] == [0, 100, 200, 400]


def test_tries_what_it_is_told():
    assert [trial.warmup_steps for trial in Brittle(1).find(shortest=3, longest=7).trials] == [0, 3, 6]


def test_says_the_reason_the_trials_and_the_cost():
    lines = str(Brittle(11).find()).splitlines()
    assert lines[0] == "warm up for 20 updates: loss 1.029 after 120, the best of all tried"
    assert lines[2:7] == [
        " warm-up   updates   loss at the end  verdict",
        "       0       120             3 ± 0  collapsed",
        "      10       120             3 ± 0  collapsed",
        "      20       120    1.029 ± 0.0098  trained",
        "      40       120    1.029 ± 0.0098  trained",
    ]
    assert lines[-1].startswith("4 trials, 480 updates, ")


def test_says_what_the_best_was_where_a_shorter_one_is_as_good():
    assert Brittle(1, gain=0.001).find().reason == (
        "warm up for 0 updates: loss 1.029 after 120, within the noise of the best, 1.028 with 10"
    )


def test_says_to_lower_the_peak_when_nothing_works():
    result = Brittle(1000).find()
    words = "no warm-up up to 160 updates works: lower the peak learning rate, or raise longest=160"
    assert result.reason == words
    with pytest.raises(ValueError, match="no warm-up up to 160") as refused:
        _ = result.plan
    assert str(refused.value) == f"FoundWarmup.plan: {words}"


def test_says_when_the_longest_that_may_be_tried_wins():
    assert Brittle(160).find().reason == (
        "warm up for 160 updates: loss 1.022 after 480, the longest tried, and better than all shorter; "
        "a lower peak may be better still"
    )


def test_gives_the_warm_up_as_a_plan():
    assert repr(Brittle(11).find().plan) == "linear(0, 1, steps=20)"


@pytest.mark.parametrize("broken", [nan, inf])
def test_a_loss_that_is_not_finite_ends_a_trial_at_once(broken):
    result = Brittle(11, broken=broken).find(trivial=inf)
    assert result.warmup_steps == 20
    assert [trial.verdict for trial in result.trials] == ["diverged", "diverged", "trained", "trained"]
    assert result.updates == 2 + 2 * 120  # the broken ones ended with their first update
    assert "               inf  diverged" in str(result)


def test_without_a_trivial_loss_the_better_trials_tell():
    assert Brittle(11).find(trivial=inf).warmup_steps == 20


def test_draws_each_batch_once_and_gives_every_trial_the_same():
    drawn = []

    class Source:
        def __iter__(self):
            for batch in range(50):
                drawn.append(batch)
                yield batch / 50

    model = Brittle(1)
    result = model.find(Source())
    assert drawn == [*range(50), *range(50), *range(20)]  # 120 batches, for trials of 120 updates
    trials = [model.seen[at : at + 120] for at in range(0, 480, 120)]
    assert all(trial == trials[0] for trial in trials)
    assert result.updates == 480


def test_counts_updates_where_a_step_takes_several_batches():
    model = Brittle(11)
    calls = []

    def train_step(batch):
        calls.append(batch)
        return model.train_step(batch) if len(calls) % 4 == 0 else 9.0

    result = find_warmup(
        train_step, [0], model=model, optimizer=model.optimizer, longest=20, shortest=10, progress=False
    )
    assert [loss.update for loss in result.trials[0].losses] == list(range(60))
    assert len(calls) == 4 * result.updates


def test_leaves_no_scheduler_behind():
    model = Brittle(1)
    model.find()
    assert "initial_lr" not in model.optimizer.param_groups[0]
    assert not model.optimizer._optimizer_step_pre_hooks
    Scheduler(model.optimizer, "constant(1)")


def test_refuses_an_optimizer_that_a_scheduler_drives():
    model = Brittle(1)
    Scheduler(model.optimizer, "constant(1)")
    with pytest.raises(ValueError, match="find_warmup") as refused:
        model.find()
    assert str(refused.value) == ("find_warmup(optimizer=Adam): no Scheduler must drive it yet; build it afterwards")


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ({"batches": iter([1])}, TypeError,
         ("find_warmup(batches=list_iterator): batches must be an iterable that can be begun again, such as a "
         "DataLoader or a list; what is drawn from an iterator would be lost to the run")),
        ({"batches": 3}, TypeError,
         ("find_warmup(batches=int): batches must be an iterable that can be begun again, such as a DataLoader or a "
         "list; what is drawn from an iterator would be lost to the run")),
        ({"batches": []}, ValueError, "find_warmup(batches=list): batches must hold at least one"),
        ({"shortest": 0}, ValueError, "find_warmup(shortest=0): shortest must be a whole number, from 1 up to 2**53"),
        ({"longest": 9}, ValueError, "find_warmup(longest=9): longest must be at least 10, the shortest"),
        ({"trivial": "1"}, TypeError, "find_warmup(trivial='1'): trivial must be a finite number"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(how, kind, words):
    with pytest.raises(kind) as refused:
        Brittle(1).find(**how)
    assert str(refused.value) == words


def test_an_optimizer_without_beta2_needs_a_shortest_warm_up():
    model = torch.nn.Linear(1, 1)
    with pytest.raises(ValueError, match="shortest") as refused:
        find_warmup(print, [1], model=model, optimizer=torch.optim.SGD(model.parameters()))
    assert str(refused.value) == (
        "find_warmup(shortest=None): shortest must be given for SGD, which has no beta2 to take it from"
    )


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        (lambda _: None, TypeError, "find_warmup(train_step): it must return the loss, one number; it returned None"),
        (lambda _: torch.ones(2), TypeError,
         "find_warmup(train_step): it must return the loss, one number; it returned tensor([1., 1.])"),
        (lambda _: 1.0, RuntimeError,
         "find_warmup(train_step): it must step the optimizer; 500 calls made no update"),
    ],
)  # fmt: skip
def test_a_step_that_is_none_is_refused_in_words(step, kind, words):
    model = Brittle(1)
    with pytest.raises(kind) as refused:
        find_warmup(step, [1], model=model, optimizer=model.optimizer, progress=False)
    assert str(refused.value) == words


def test_tells_on_stderr_where_it_is(capsys):
    Brittle(1).find(progress=True)
    assert capsys.readouterr().err.splitlines()[:3] == [
        "warm-up of 0: update 0 of 120",
        "warm-up of 0: update 120 of 120",
        "warm-up of 10: update 0 of 120",
    ]


def test_tells_in_a_line_that_moves_where_somebody_looks(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    Brittle(1).find(progress=True)
    assert "warm-up of 40" in capsys.readouterr().err


def test_draws_the_trials():
    result = Brittle(11).find()
    axes = result.plot()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "0: collapsed", "10: collapsed", "20: trained", "40: trained",
    ]  # fmt: skip
    assert [line.get_linewidth() for line in axes.lines] == [1, 1, 2.5, 1]
    assert axes.get_xlabel() == "update"
    assert result.plot(axes) is axes


def decide(which):
    """What a rank finds; that of rank 1 breaks below 40, that of rank 0 never."""
    result = Brittle((1, 40)[which]).find(trivial=2.9)
    assert result.warmup_steps == 40
    assert [trial.warmup_steps for trial in result.trials] == [0, 10, 20, 40, 40, 80]


def test_all_processes_decide_alike(tmp_path):
    with two_processes(tmp_path / "store", decide, 1):
        decide(0)
