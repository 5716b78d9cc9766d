"""`find_lr`: the loss while the learning rate rises, and the rates that two common rules read from it."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import inf, isfinite, log
from time import perf_counter
from typing import Any, NamedTuple

from torch import nn
from torch.optim import Optimizer

from preheat._fields import Count, Positive, field_of
from preheat._finder.axes import new_axes
from preheat._finder.progress import Report, reports
from preheat._finder.trial import TrainStep, Trials, check_kinds, trials
from preheat._plan import Plan
from preheat.shapes.ramps import exponential

__all__ = ["FoundLR", "Range", "Sweep", "find_lr", "minimum", "steepest", "steepest_centred"]

SMOOTHING = 0.98  # of the moving mean, as in fastai
SKIPPED = 5  # updates at the end of a sweep; at its beginning a tenth of it
FEWEST = 5  # points for a rule
_COUNT, _POSITIVE = field_of(Count), field_of(Positive)
Rule = Callable[[Sequence[float], Sequence[float]], float]


class Range(NamedTuple):
    """The smallest and the largest suggestion of several sweeps."""

    low: float
    high: float


@dataclass(frozen=True)
class Sweep:
    """The losses of a run whose learning rate rises."""

    lrs: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]  # moving means of the losses, without the bias towards their start at 0


@dataclass(frozen=True)
class FoundLR:
    """Several sweeps, and the learning rates that they suggest; `print` it to see all."""

    sweeps: tuple[Sweep, ...]
    skipped: int  # updates at the beginning of a sweep, ignored by the rules
    updates: int
    seconds: float

    def suggested(self, rule: Rule) -> Range:
        """The range over the sweeps of what a rule suggests, which is given learning rates and smoothed losses."""
        rates = [rule(*self.seen(sweep)) for sweep in self.sweeps]
        return Range(min(rates), max(rates))

    def seen(self, sweep: Sweep) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The learning rates and smoothed losses of a sweep that the rules are given."""
        part = slice(self.skipped, -SKIPPED)
        return sweep.lrs[part], sweep.smoothed[part]

    @property
    def steepest(self) -> Range:
        """Where the loss falls fastest in the logarithm of the learning rate."""
        return self.suggested(steepest)

    @property
    def minimum(self) -> Range:
        """A tenth of the learning rate at which the loss is lowest."""
        return self.suggested(minimum)

    def __str__(self) -> str:
        rows = [
            f"{name:<26} {low:.2e} to {high:.2e}"
            for name, (low, high) in (("steepest descent", self.steepest), ("a tenth of the minimum's", self.minimum))
        ]
        cost = f"{len(self.sweeps)} sweeps, {self.updates} updates, {self.seconds:.3g} s"
        return "\n".join(["learning rates suggested, least to greatest over the sweeps:", *rows, cost])

    def plot(self, axes: Any = None) -> Any:
        """Draw the smoothed losses over the learning rate and the suggested ranges; returns the matplotlib axes."""
        axes = axes or new_axes()
        for sweep in self.sweeps:
            axes.plot(*self.seen(sweep), color="C0", alpha=0.7)
        for name, color, (low, high) in (
            ("steepest", "C1", self.steepest),
            ("a tenth of the minimum's", "C2", self.minimum),
        ):
            axes.axvspan(low, high, color=color, alpha=0.3)
            axes.axvline((low * high) ** 0.5, color=color, label=f"{name}: {low:.1e} to {high:.1e}")
        axes.set_xscale("log")
        axes.set_xlabel("learning rate")
        axes.set_ylabel("smoothed loss")
        axes.legend()
        return axes


def steepest(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The learning rate after which the loss falls fastest, per logarithm of the learning rate.

    >>> steepest([0.001, 0.01, 0.1, 1], [3, 2.5, 1, 2])
    0.01

    Source: fastai (fastai/callback/schedule.py), the rule "steep".
    """
    pairs = zip(lrs, lrs[1:], losses, losses[1:], strict=False)
    slopes = [(after - loss) / log(higher / lr) for lr, higher, loss, after in pairs]
    return lrs[slopes.index(min(slopes))]


def steepest_centred(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The learning rate around which the loss falls fastest, by central differences; one-sided at both ends.

    >>> steepest_centred([0.001, 0.01, 0.1, 1], [3, 2.5, 1, 2])
    0.01

    Source: pytorch-lr-finder (torch_lr_finder/lr_finder.py), the suggestion of `LRFinder.plot`.
    """
    around = [0, *range(len(losses) - 1)], [*range(1, len(losses)), len(losses) - 1]
    slopes = [(losses[after] - losses[before]) / (after - before) for before, after in zip(*around, strict=True)]
    return lrs[slopes.index(min(slopes))]


def minimum(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """A tenth of the learning rate with the lowest loss.

    >>> minimum([0.001, 0.01, 0.1, 1], [3, 2.5, 1, 2])
    0.01

    Source: fastai (fastai/callback/schedule.py), the rule "minimum".
    """
    return lrs[losses.index(min(losses))] / 10


def find_lr(  # noqa: PLR0913  # everything that a training step changes, and the range to search
    train_step: TrainStep,
    batches: Iterable[Any],
    *,
    model: nn.Module,
    optimizer: Optimizer,
    scaler: Any = None,
    also: Sequence[Any] = (),
    start: float = 1e-7,
    end: float = 10.0,
    steps: int = 100,
    sweeps: int = 3,
    stop: float = 4.0,
    progress: bool = True,
) -> FoundLR:
    """Suggest learning rates by the LR range test: raise the rate at every update until the loss grows.

    Every sweep starts from the present state, on batches that no other sweep used; the result is a range over the
    sweeps. The groups keep the ratios of their learning rates. Afterwards the model, optimizer, scaler, random numbers
    and data are as before, bit for bit, even after an exception or Ctrl-C.

    >>> import torch
    >>> from preheat.torch import find_lr
    >>> model = torch.nn.Linear(4, 1)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> def train_step(batch):
    ...     optimizer.zero_grad()
    ...     loss = (model(batch) - 1).square().mean()
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> batches = list(torch.randn(50, 8, 4, generator=torch.Generator().manual_seed(0)))
    >>> found = find_lr(train_step, batches, model=model, optimizer=optimizer, progress=False)
    >>> low, high = found.minimum
    >>> 0.05 < low <= high < 0.5
    True

    Args:
        train_step: takes a batch, trains on it (backward, `optimizer.step()`, `zero_grad()`) and returns the loss. One
            update may take several calls. It must not step a scheduler.
        batches: a `DataLoader`, a list, or anything else that can be iterated again. Each batch is drawn once and kept
            in memory.
        model: the module that is trained, or a wrapper such as `DistributedDataParallel`; the same on every process.
        optimizer: not driven by a scheduler. The largest lr of its groups is swept, the others keep their ratio to it.
        scaler: the `GradScaler`, if there is one.
        also: other things that `train_step` changes, with `state_dict` and `load_state_dict`: a running average, say.
        start: the learning rate that the sweep rises from.
        end: the learning rate of the last update, unless the loss grows before.
        steps: updates in a sweep.
        sweeps: how many sweeps to make.
        stop: a sweep ends when its smoothed loss is this many times its lowest.
        progress: whether to report progress on stderr.

    Returns:
        The sweeps and the suggested ranges, `.steepest` and `.minimum`; `.plot()` draws them.

    Raises:
        ValueError: a scheduler drives the optimizer, there is no batch, every lr is 0, or a sweep ended too soon for
            a suggestion.
        TypeError: `batches` is an iterator, or `train_step` does not return a number.
        RuntimeError: `train_step` makes no update.

    Source: Smith 2015 (arXiv:1506.01186), section 3.3, with a sweep in the logarithm.
    """
    begun = perf_counter()
    check_kinds("find_lr", train_step, model, optimizer)
    peak = max(float(group["lr"]) for group in optimizer.param_groups)
    plan = _rise(optimizer, peak, start, end, steps)
    stop, count = _POSITIVE.check("find_lr", "stop", stop), int(_COUNT.check("find_lr", "sweeps", sweeps))
    run: dict[str, Any] = {"model": model, "optimizer": optimizer, "others": (scaler, *also)}
    with trials("find_lr", train_step, batches, **run) as runs, reports(progress=progress) as report:
        made = tuple(_sweep(runs, report, plan, peak, stop) for _ in range(count))
        found = FoundLR(made, steps // 10, runs.updates, perf_counter() - begun)
    for sweep in made:
        if len(found.seen(sweep)[0]) < FEWEST:
            raise ValueError(
                f"find_lr(start={start:g}): start must be lower, or steps more; a sweep of {steps} ended after "
                f"{len(sweep.lrs)} updates"
            )
    return found


def _rise(optimizer: Optimizer, peak: float, start: object, end: object, steps: object) -> Plan:
    """The multiplier of a sweep; `peak` is the largest lr of the groups."""
    count = int(_COUNT.check("find_lr", "steps", steps))
    low, high = (_POSITIVE.check("find_lr", name, got) for name, got in (("start", start), ("end", end)))
    if low >= high:
        raise ValueError(f"find_lr(start={low:g}, end={high:g}): end must be above start")
    if not peak > 0:
        raise ValueError(
            f"find_lr(optimizer={type(optimizer).__name__}): a group must have an lr above 0, to keep their ratios"
        )
    return exponential(low / peak, high / peak, steps=count)


def _sweep(runs: Trials, report: Report, plan: Plan, peak: float, stop: float) -> Sweep:
    """A sweep on new batches, up to where the smoothed loss has grown too far."""
    points: list[tuple[float, float, float]] = []
    steps, mean, best = plan.steps or 0, 0.0, inf
    task = f"sweep of the learning rate, from batch {runs.calls} on"
    report(task, 0, steps)
    with closing(runs.run(plan, steps, batch=runs.calls, seed=runs.calls)) as trial:
        for update, loss in trial:
            mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
            smoothed = mean / (1 - SMOOTHING ** (update + 1))
            best = min(best, smoothed)
            report(task, update + 1, steps)
            if not isfinite(loss):
                break
            points.append((plan(update) * peak, loss, smoothed))
            if 0 < stop * best < smoothed:
                break
    return Sweep(*zip(*points, strict=True)) if points else Sweep((), (), ())
