"""How long to warm up: short trials of several lengths, and the shortest that works."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from statistics import fmean, stdev
from time import perf_counter
from typing import Any

from torch import nn
from torch.optim import Optimizer

from preheat._fields import Count, Number, field_of
from preheat._finder._bench import Bench, Loss, TrainStep, bench, check_kinds
from preheat._finder._tell import Tell, telling
from preheat._plan import Plan, constant
from preheat._torch.bind.beta2 import beta2_of
from preheat.recipes import untuned_linear, warmup

__all__ = ["FoundWarmup", "Trial", "find_warmup"]

PAST = 3  # a trial is at least so many times as long as its warm-up: three quarters of it are at the peak
TAIL = 0.1  # of a trial, at its end: what it is judged by
FEWEST = 10  # losses in a tail, if there are as many
ERRORS = 2  # standard errors that count as noise


@dataclass(frozen=True)
class Trial:
    """A run with one length of warm-up."""

    warmup_steps: int
    horizon: int  # its length in updates
    losses: tuple[Loss, ...]
    trivial: float  # the loss that shows that nothing was learnt

    @property
    def tail(self) -> list[float]:
        """The losses at the end that it is judged by."""
        from_ = self.horizon - max(FEWEST, round(TAIL * self.horizon))
        return [loss for update, loss in self.losses if update >= from_]

    @property
    def loss(self) -> float:
        """The mean loss at its end; infinite where it diverged."""
        return fmean(self.tail) if isfinite(self.losses[-1].loss) else inf

    @property
    def noise(self) -> float:
        """How far that mean may be off: two standard errors of the losses in it."""
        return ERRORS * stdev(self.tail) / sqrt(len(self.tail)) if len(self.tail) > 1 else 0.0

    @property
    def verdict(self) -> str:
        """`trained`, `diverged` (a loss that is not finite) or `collapsed` (no better than the trivial loss)."""
        if self.loss == inf:
            return "diverged"
        return "trained" if self.loss < self.trivial - self.noise else "collapsed"

    def __str__(self) -> str:
        loss = f"{self.loss:.4g} ± {self.noise:.2g}" if isfinite(self.loss) else "inf"
        return f"{self.warmup_steps:>8}  {self.horizon:>8}  {loss:>16}  {self.verdict}"


@dataclass(frozen=True)
class FoundWarmup:
    """What `find_warmup` found, why, and at what cost; printed, the whole of it."""

    warmup_steps: int | None  # None: nothing worked
    reason: str
    trials: tuple[Trial, ...]
    updates: int  # made in all trials
    seconds: float

    @property
    def plan(self) -> Plan:
        """The warm-up found, to be continued with `>>`.

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
        """Draw the smoothed loss of every trial over its updates, on matplotlib axes, and return them."""
        from preheat._finder._picture import trials_on  # noqa: PLC0415  # matplotlib is an extra

        return trials_on(axes, self)


def find_warmup(  # noqa: PLR0913  # what a training step is made of, and how far to go
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
    """The shortest linear warm-up to the optimizer's learning rates that works, by trials from the state of now.

    Warm-ups of 0, `shortest`, twice and four times that are tried on the same batches, each over at least three times
    the longest of them, and the shortest one is kept whose loss at the end is no worse than the best by more than the
    noise. Where the longest wins, or none works, one of twice the length is tried, up to `longest`. Afterwards model,
    optimizer, scaler, random numbers and data stand as before, bit for bit, also after an exception or Ctrl-C.

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
        train_step: takes a batch, trains on it (backward, `optimizer.step()`, `zero_grad()`), returns the loss; it may
            make one update in several calls, and must step no scheduler.
        batches: what can be iterated over anew: a `DataLoader`, a list. Each batch is drawn once and held in memory.
        model: what is trained; also a wrapper such as `DistributedDataParallel`, on every process alike.
        optimizer: with the peak learning rate of each group as its lr, and no scheduler at work.
        scaler: the `GradScaler`, if there is one.
        also: whatever else `train_step` changes and has `state_dict` and `load_state_dict`, such as a running average.
        shortest: the shortest warm-up tried, in updates; by default 2 / (1 - beta2) of the optimizer.
        longest: the longest, in updates; by default 16 times the shortest.
        trivial: the loss of a predictor that has learnt nothing, such as the entropy of the labels. A trial that is no
            better has collapsed, which a finite loss alone does not show.
        progress: whether to say on stderr how far the search is.

    Returns:
        The length found, the reason, every trial, and the cost; `.plan` is the warm-up, `.plot()` a picture.

    Raises:
        ValueError: a scheduler drives the optimizer; there is no batch; the optimizer has no beta2 and `shortest` is
            not given.
        TypeError: `batches` is an iterator; `train_step` returns no number.
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
    with bench("find_warmup", train_step, batches, **run) as at, telling(progress=progress) as tell:
        found, reason, trials = _search(_Trier(at, tell, trivial), shortest, longest)
        updates = at.updates
    return FoundWarmup(found, reason, tuple(trials), updates, perf_counter() - begun)


_COUNT = field_of(Count)


def _shortest(optimizer: Optimizer, given: int | None) -> int:
    """The shortest warm-up to try: what was given, or what the optimizer's beta2 asks for."""
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
class _Trier:
    """Makes trials."""

    bench: Bench
    tell: Tell
    trivial: float

    def __call__(self, warmup_steps: int, horizon: int) -> Trial:
        what = f"warm-up of {warmup_steps}"
        plan = warmup(warmup_steps) >> constant(1) if warmup_steps else constant(1)
        losses = []
        self.tell(what, 0, horizon)
        for loss in self.bench.trial(plan, horizon):
            losses.append(loss)
            self.tell(what, loss.update + 1, horizon)
        return Trial(warmup_steps, horizon, tuple(losses), self.trivial)


def _search(try_: _Trier, shortest: int, longest: int) -> tuple[int | None, str, list[Trial]]:
    """The shortest warm-up that works, why, and all trials."""
    lengths = [0, *(length for length in (shortest, 2 * shortest, 4 * shortest) if length <= longest)]
    trials: list[Trial] = []
    while True:
        horizon = PAST * lengths[-1]
        latest = [try_(length, horizon) for length in lengths]
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
