"""How high the learning rate can go: losses while it rises, and what two common rules make of them."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import inf, isfinite, log
from time import perf_counter
from typing import Any, NamedTuple

from torch import nn
from torch.optim import Optimizer

from preheat._fields import Count, Positive, field_of
from preheat._finder._bench import Bench, TrainStep, bench, check_kinds
from preheat._finder._tell import Tell, telling
from preheat._plan import Plan
from preheat.shapes.ramps import exponential

__all__ = ["FoundLR", "Range", "Sweep", "find_lr", "minimum", "steepest", "steepest_centred"]

SMOOTHING = 0.98  # of the moving mean, as in fastai
SKIPPED = 5  # updates at the end; and a tenth of the sweep at its beginning
FEWEST = 5  # points that a rule needs
_COUNT, _POSITIVE = field_of(Count), field_of(Positive)
Rule = Callable[[Sequence[float], Sequence[float]], float]


class Range(NamedTuple):
    """The least and the greatest suggestion of several sweeps."""

    low: float
    high: float


@dataclass(frozen=True)
class Sweep:
    """The losses of a run whose learning rate rises."""

    lrs: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]  # moving means of the losses, free of the bias of their beginning


@dataclass(frozen=True)
class FoundLR:
    """Where the loss fell fastest, and where it was least, in each of several sweeps; printed, the whole of it."""

    sweeps: tuple[Sweep, ...]
    skipped: int  # updates at the beginning of a sweep that no rule looks at
    updates: int
    seconds: float

    def suggested(self, rule: Rule) -> Range:
        """The range over the sweeps of what a rule of learning rates and smoothed losses suggests."""
        said = [rule(*self.seen(sweep)) for sweep in self.sweeps]
        return Range(min(said), max(said))

    def seen(self, sweep: Sweep) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The part of a sweep that the rules look at: learning rates and smoothed losses."""
        part = slice(self.skipped, -SKIPPED)
        return sweep.lrs[part], sweep.smoothed[part]

    @property
    def steepest(self) -> Range:
        """Where the loss falls fastest in the logarithm of the learning rate."""
        return self.suggested(steepest)

    @property
    def minimum(self) -> Range:
        """A tenth of where the loss is least."""
        return self.suggested(minimum)

    def __str__(self) -> str:
        rows = [
            f"{name:<26} {low:.2e} to {high:.2e}"
            for name, (low, high) in (("steepest descent", self.steepest), ("a tenth of the minimum's", self.minimum))
        ]
        cost = f"{len(self.sweeps)} sweeps, {self.updates} updates, {self.seconds:.3g} s"
        return "\n".join(["learning rates suggested, least to greatest over the sweeps:", *rows, cost])

    def plot(self, axes: Any = None) -> Any:
        """Draw the losses over the learning rate and what is suggested, on matplotlib axes, and return them."""
        from preheat._finder._picture import sweeps_on  # noqa: PLC0415  # matplotlib is an extra

        return sweeps_on(axes, self)


def steepest(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The learning rate from which the loss falls fastest to the next, in the logarithm of the learning rate.

    >>> steepest([0.001, 0.01, 0.1, 1], [3, 2.5, 1, 2])
    0.01

    Source: fastai (fastai/callback/schedule.py), the rule "steep".
    """
    pairs = zip(lrs, lrs[1:], losses, losses[1:], strict=False)
    slopes = [(after - loss) / log(higher / lr) for lr, higher, loss, after in pairs]
    return lrs[slopes.index(min(slopes))]


def steepest_centred(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """The learning rate about which the loss falls fastest, by central differences; one-sided ones at both ends.

    >>> steepest_centred([0.001, 0.01, 0.1, 1], [3, 2.5, 1, 2])
    0.01

    Source: pytorch-lr-finder (torch_lr_finder/lr_finder.py), the suggestion of `LRFinder.plot`.
    """
    around = [0, *range(len(losses) - 1)], [*range(1, len(losses)), len(losses) - 1]
    slopes = [(losses[after] - losses[before]) / (after - before) for before, after in zip(*around, strict=True)]
    return lrs[slopes.index(min(slopes))]


def minimum(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """A tenth of the learning rate with the least loss.

    >>> minimum([0.001, 0.01, 0.1, 1], [3, 2.5, 1, 2])
    0.01

    Source: fastai (fastai/callback/schedule.py), the rule "minimum".
    """
    return lrs[losses.index(min(losses))] / 10


def find_lr(  # noqa: PLR0913  # what a training step is made of, and where to look
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
    """Learning rates to try, found by raising it from update to update until the loss grows: the LR range test.

    Each sweep starts from the state of now, on the next batches; what is suggested is a range over the sweeps. The
    groups keep the ratios of their learning rates. Afterwards model, optimizer, scaler, random numbers and data stand
    as before, bit for bit, also after an exception or Ctrl-C.

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
        train_step: takes a batch, trains on it (backward, `optimizer.step()`, `zero_grad()`), returns the loss; it may
            make one update in several calls, and must step no scheduler.
        batches: what can be iterated over anew: a `DataLoader`, a list. Each batch is drawn once and held in memory.
        model: what is trained; also a wrapper such as `DistributedDataParallel`, on every process alike.
        optimizer: with no scheduler at work; the largest lr of its groups is swept, the others keep their ratio to it.
        scaler: the `GradScaler`, if there is one.
        also: whatever else `train_step` changes and has `state_dict` and `load_state_dict`, such as a running average.
        start: the learning rate before the first update.
        end: that of the last update, unless the loss grows before.
        steps: the length of a sweep, in updates.
        sweeps: how many there are.
        stop: a sweep ends when its smoothed loss is so many times the least one.
        progress: whether to say on stderr how far it is.

    Returns:
        The sweeps, and the ranges suggested: `.steepest`, `.minimum`; `.plot()` is a picture.

    Raises:
        ValueError: a scheduler drives the optimizer; there is no batch; every lr is 0; a sweep ended too soon to say
            anything.
        TypeError: `batches` is an iterator; `train_step` returns no number.
        RuntimeError: `train_step` makes no update.

    Source: Smith 2015 (arXiv:1506.01186), section 3.3, with a sweep in the logarithm.
    """
    begun = perf_counter()
    check_kinds("find_lr", train_step, model, optimizer)
    peak = max(float(group["lr"]) for group in optimizer.param_groups)
    plan = _sweep(optimizer, peak, start, end, steps)
    stop, count = _POSITIVE.check("find_lr", "stop", stop), int(_COUNT.check("find_lr", "sweeps", sweeps))
    run: dict[str, Any] = {"model": model, "optimizer": optimizer, "others": (scaler, *also)}
    with bench("find_lr", train_step, batches, **run) as at, telling(progress=progress) as tell:
        made = tuple(_made(at, tell, plan, peak, stop) for _ in range(count))
        found = FoundLR(made, steps // 10, at.updates, perf_counter() - begun)
    for one in made:
        if len(found.seen(one)[0]) < FEWEST:
            raise ValueError(
                f"find_lr(start={start:g}): start must be lower, or steps more; a sweep of {steps} ended after "
                f"{len(one.lrs)} updates"
            )
    return found


def _sweep(optimizer: Optimizer, peak: float, start: object, end: object, steps: object) -> Plan:
    """What the groups' learning rates are multiplied by, the largest of which is the peak."""
    count = int(_COUNT.check("find_lr", "steps", steps))
    low, high = (_POSITIVE.check("find_lr", name, got) for name, got in (("start", start), ("end", end)))
    if low >= high:
        raise ValueError(f"find_lr(start={low:g}, end={high:g}): end must be above start")
    if not peak > 0:
        raise ValueError(
            f"find_lr(optimizer={type(optimizer).__name__}): a group must have an lr above 0, to keep their ratios"
        )
    return exponential(low / peak, high / peak, steps=count)


def _made(at: Bench, tell: Tell, plan: Plan, peak: float, stop: float) -> Sweep:
    """A sweep, on batches not used before, ended where the smoothed loss has grown too far."""
    points: list[tuple[float, float, float]] = []
    steps, mean, best = plan.steps or 0, 0.0, inf
    what = f"sweep of the learning rate, from batch {at.calls} on"
    tell(what, 0, steps)
    with closing(at.trial(plan, steps, first=at.calls, seed=at.calls)) as trial:
        for update, loss in trial:
            mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
            smoothed = mean / (1 - SMOOTHING ** (update + 1))
            best = min(best, smoothed)
            tell(what, update + 1, steps)
            if not isfinite(loss):
                break
            points.append((plan(update) * peak, loss, smoothed))
            if 0 < stop * best < smoothed:
                break
    return Sweep(*zip(*points, strict=True)) if points else Sweep((), (), ())
