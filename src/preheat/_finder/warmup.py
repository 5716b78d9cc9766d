"""`find_warmup`: short trials of several lengths of warm-up, and the shortest that works."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from statistics import fmean, stdev
from time import perf_counter
from typing import Any

from torch import nn
from torch.optim import Optimizer

from preheat._fields import Count, Number, field_of
from preheat._finder.axes import new_axes
from preheat._finder.progress import Report, reports
from preheat._finder.trial import Loss, TrainStep, Trials, check_kinds, trials
from preheat._plan import Plan, constant
from preheat._torch.bind.beta2 import beta2_of
from preheat.recipes import untuned_linear, warmup

__all__ = ["FoundWarmup", "Trial", "find_warmup"]

PAST = 3  # a trial is at least this many times as long as its warm-up
TAIL = 0.1  # the share of a trial, at its end, that it is judged by
FEWEST = 10  # losses in a tail, if the trial has that many
ERRORS = 2  # standard errors that count as noise
POINTS = 200  # of a drawn line


@dataclass(frozen=True)
class Trial:
    """A run with one length of warm-up."""

    warmup_steps: int
    horizon: int  # updates planned; a trial that diverges has fewer losses
    losses: tuple[Loss, ...]
    trivial: float  # the loss of a model that has learnt nothing

    @property
    def tail(self) -> list[float]:
        """The losses that the trial is judged by."""
        from_ = self.horizon - max(FEWEST, round(TAIL * self.horizon))
        return [loss for update, loss in self.losses if update >= from_]

    @property
    def loss(self) -> float:
        """The mean of `tail`; infinite if the trial diverged."""
        return fmean(self.tail) if isfinite(self.losses[-1].loss) else inf

    @property
    def noise(self) -> float:
        """The uncertainty of `loss`: two standard errors of the mean."""
        return ERRORS * stdev(self.tail) / sqrt(len(self.tail)) if len(self.tail) > 1 else 0.0

    @property
    def verdict(self) -> str:
        """`trained`, `diverged` (a loss was not finite) or `collapsed` (no better than the trivial loss)."""
        if self.loss == inf:
            return "diverged"
        return "trained" if self.loss < self.trivial - self.noise else "collapsed"

    def __str__(self) -> str:
        loss = f"{self.loss:.4g} ± {self.noise:.2g}" if isfinite(self.loss) else "inf"
        return f"{self.warmup_steps:>8}  {self.horizon:>8}  {loss:>16}  {self.verdict}"


@dataclass(frozen=True)
class FoundWarmup:
    """The warm-up found, the reason, every trial and the cost; `print` it to see all."""

    warmup_steps: int | None  # None if nothing worked
    reason: str
    trials: tuple[Trial, ...]
    updates: int  # of all trials together
    seconds: float

    @property
    def plan(self) -> Plan:
        """The warm-up found; continue it with `>>`.

        Raises:
            ValueError: nothing worked.
        """
        if self.warmup_steps is None:
            raise ValueError(f"FoundWarmup.plan: {self.reason}")
        return warmup(self.warmup_steps)

    def __str__(self) -> str:
        head = f"{'warm-up':>8}  {'updates':>8}  {'loss at the end':>16}  verdict"
        cost = f"{len(self.trials)} trials, {self.updates} updates, {self.seconds:.3g} s"
        return "\n".join([self.reason, "", head, *map(str, self.trials), "", cost])

    def plot(self, axes: Any = None) -> Any:
        """Draw the smoothed loss of every trial over its updates, the one found thick; returns the matplotlib axes."""
        axes = axes or new_axes()
        for trial in self.trials:
            chosen = trial.warmup_steps == self.warmup_steps
            label = f"{trial.warmup_steps}: {trial.verdict}"
            axes.plot(*_means(trial.losses), label=label, linewidth=2.5 if chosen else 1)
        axes.set_xlabel("update")
        axes.set_ylabel("loss")
        axes.set_title(self.reason, fontsize="medium", wrap=True)
        axes.legend(title="warm-up")
        return axes


def _means(losses: tuple[Loss, ...]) -> tuple[list[int], list[float]]:
    """At most `POINTS` points of a curve of losses: the last update of each stretch, and the mean loss in it."""
    width = -(-len(losses) // POINTS)
    stretches = [losses[at : at + width] for at in range(0, len(losses), width)]
    return [stretch[-1].update for stretch in stretches], [fmean(loss for _, loss in stretch) for stretch in stretches]


def find_warmup(  # noqa: PLR0913  # everything that a training step changes, and how far to search
    train_step: TrainStep,
    batches: Iterable[Any],
    *,
    model: nn.Module,
    optimizer: Optimizer,
    scaler: Any = None,
    also: Sequence[Any] = (),
    shortest: int | None = None,
    longest: int | None = None,
    trivial: float = inf,
    progress: bool = True,
) -> FoundWarmup:
    """Find the shortest linear warm-up to the optimizer's learning rates that works, by short trials.

    Warm-ups of 0, `shortest`, 2 and 4 times `shortest` run on the same batches, from the present state, each for 3
    times the longest of them. The shortest whose final loss is within the noise of the best wins. If the longest wins,
    or none works, the search goes on with twice its length, up to `longest`. Afterwards the model, optimizer, scaler,
    random numbers and data are as before, bit for bit, even after an exception or Ctrl-C.

    >>> import torch
    >>> from preheat.torch import find_warmup
    >>> model = torch.nn.Linear(4, 1)
    >>> optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, betas=(0.9, 0.8))
    >>> def train_step(batch):
    ...     optimizer.zero_grad()
    ...     loss = model(batch).square().mean()
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> batches = [torch.ones(8, 4) * k for k in (1, 2, 3)]
    >>> found = find_warmup(train_step, batches, model=model, optimizer=optimizer, progress=False)
    >>> [trial.warmup_steps for trial in found.trials]
    [0, 10, 20, 40]

    Args:
        train_step: takes a batch, trains on it (backward, `optimizer.step()`, `zero_grad()`) and returns the loss. One
            update may take several calls. It must not step a scheduler.
        batches: a `DataLoader`, a list, or anything else that can be iterated again. Each batch is drawn once and kept
            in memory.
        model: the module that is trained, or a wrapper such as `DistributedDataParallel`; the same on every process.
        optimizer: the lr of each group is its peak; not driven by a scheduler.
        scaler: the `GradScaler`, if there is one.
        also: other things that `train_step` changes, with `state_dict` and `load_state_dict`: a running average, say.
        shortest: the shortest warm-up tried, in updates; by default 2 / (1 - beta2) of the optimizer.
        longest: the longest warm-up tried, in updates; by default 16 times the shortest.
        trivial: the loss of a model that has learnt nothing, such as the entropy of the labels. A trial that ends no
            better has collapsed, even if its loss is finite.
        progress: whether to report progress on stderr.

    Returns:
        The length found, the reason, every trial and the cost; `.plan` is the warm-up, `.plot()` draws the trials.

    Raises:
        ValueError: a scheduler drives the optimizer, there is no batch, or `shortest` is not given and the optimizer
            has no beta2.
        TypeError: `batches` is an iterator, or `train_step` does not return a number.
        RuntimeError: `train_step` makes no update.
    """
    begun = perf_counter()
    check_kinds("find_warmup", train_step, model, optimizer)
    shortest = _shortest(optimizer, shortest)
    longest = 16 * shortest if longest is None else int(_COUNT.check("find_warmup", "longest", longest))
    if longest < shortest:
        raise ValueError(f"find_warmup(longest={longest}): longest must be at least {shortest}, the shortest")
    trivial = trivial if trivial == inf else field_of(Number).check("find_warmup", "trivial", trivial)
    run: dict[str, Any] = {"model": model, "optimizer": optimizer, "others": (scaler, *also)}
    with trials("find_warmup", train_step, batches, **run) as runs, reports(progress=progress) as report:
        found, reason, made = _search(_Trying(runs, report, trivial), shortest, longest)
    return FoundWarmup(found, reason, tuple(made), runs.updates, perf_counter() - begun)


_COUNT = field_of(Count)


def _shortest(optimizer: Optimizer, given: int | None) -> int:
    """The shortest warm-up to try: the one given, or 2 / (1 - beta2)."""
    if given is not None:
        return int(_COUNT.check("find_warmup", "shortest", given))
    beta2 = beta2_of(optimizer.param_groups)
    if beta2 is None:
        raise ValueError(
            f"find_warmup(shortest=None): shortest must be given for {type(optimizer).__name__}, which has no beta2 to "
            "take it from"
        )
    return untuned_linear(beta2).steps or 0  # it has an end


@dataclass(frozen=True)
class _Trying:
    """Tries a length of warm-up."""

    trials: Trials
    report: Report
    trivial: float

    def __call__(self, warmup_steps: int, horizon: int) -> Trial:
        task = f"warm-up of {warmup_steps}"
        plan = warmup(warmup_steps) >> constant(1) if warmup_steps else constant(1)
        losses = []
        self.report(task, 0, horizon)
        for loss in self.trials.run(plan, horizon):
            losses.append(loss)
            self.report(task, loss.update + 1, horizon)
        return Trial(warmup_steps, horizon, tuple(losses), self.trivial)


def _search(attempt: _Trying, shortest: int, longest: int) -> tuple[int | None, str, list[Trial]]:
    """The shortest warm-up that works, why, and all trials."""
    lengths = [0, *(length for length in (shortest, 2 * shortest, 4 * shortest) if length <= longest)]
    trials: list[Trial] = []
    while True:
        horizon = PAST * lengths[-1]
        latest = [attempt(length, horizon) for length in lengths]
        trials += latest
        chosen = _shortest_that_works(latest)
        longer = 2 * lengths[-1]
        if (chosen is not None and chosen is not latest[-1]) or longer > longest:
            return (*_reason(chosen, latest), trials)
        lengths = [longer] if chosen is None else [lengths[-1], longer]


def _shortest_that_works(trials: Sequence[Trial]) -> Trial | None:
    trained = [trial for trial in trials if trial.verdict == "trained"]
    if not trained:
        return None
    best = min(trained, key=lambda trial: trial.loss)
    return next(trial for trial in trained if trial.loss <= best.loss + best.noise)


def _reason(chosen: Trial | None, latest: Sequence[Trial]) -> tuple[int | None, str]:
    if chosen is None:
        tried = latest[-1].warmup_steps
        return None, f"no warm-up up to {tried} updates works: lower the peak learning rate, or raise longest={tried}"
    steps, best = chosen.warmup_steps, min(latest, key=lambda trial: trial.loss)
    words = f"warm up for {steps} updates: loss {chosen.loss:.4g} after {chosen.horizon}"
    if chosen is latest[-1]:
        return steps, f"{words}, the longest tried, and better than all shorter; a lower peak may be better still"
    if chosen is best:
        return steps, f"{words}, the best of all tried"
    return steps, f"{words}, within the noise of the best, {best.loss:.4g} with {best.warmup_steps}"
