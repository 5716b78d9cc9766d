"""`Plateau`: a factor on the lr that falls when a metric stops improving."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import fsum, inf, isinf, isnan, nan
from numbers import Real
from typing import Any, NoReturn

from preheat._fields import INFINITY, TINY, Field, number, short_repr, whole
from preheat._torch.run.processes import all_gather

__all__ = ["Plateau"]

_SHARE = Field("a number above 0 and below 1", number(0, 1))
_AMOUNT = Field("a finite number, 0 or more", number(-TINY))
_COUNT = Field("a whole number, 0 or more", whole(-1, INFINITY))
_REDUCE: dict[str, Callable[[list[float]], float]] = {
    "mean": lambda values: fsum(values) / len(values),  # the same bits in any order of ranks
    "min": min,
    "max": max,
}


@dataclass(eq=False)
class Plateau:
    """Cuts the lr when a metric stops improving, on top of a plan.

    The cuts multiply the plan of the lr, so you can combine them with warm-up and decay. The parameters are those of
    `torch.optim.lr_scheduler.ReduceLROnPlateau`. Three things differ: a relative threshold is a share of the absolute
    best metric, so it works below zero; all groups are cut together; a NaN metric is an error, and an infinite one is
    never better.

    >>> import torch
    >>> from preheat import warmup_constant
    >>> from preheat.torch import Plateau, Scheduler
    >>> optimizer = torch.optim.SGD(torch.nn.Linear(2, 2).parameters(), lr=0.1)
    >>> scheduler = Scheduler(optimizer, warmup_constant(1), feedback=Plateau(factor=0.5, patience=1))
    >>> for loss in (2.0, 2.0, 2.0):
    ...     scheduler.observe(loss)
    >>> scheduler.get_last_lr()
    [0.05]

    Args:
        mode: `"min"` or `"max"`, which way the metric improves.
        factor: what a cut multiplies the lr by, above 0 and below 1.
        patience: how many observations in a row may bring no improvement; the next one cuts.
        threshold: by how much a metric must be better to count.
        threshold_mode: `"rel"`, a share of the absolute best metric, or `"abs"`, an amount.
        cooldown: how many observations after a cut never count as bad.
        min_lr: a floor for the lr, for all groups or one for each; a group below its floor is not raised.
        eps: a cut that would change every lr by this or less is not made.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: an argument is out of its range.
    """

    mode: str = "min"
    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    threshold_mode: str = "rel"
    cooldown: int = 0
    min_lr: float | Sequence[float] = 0.0
    eps: float = 1e-8
    scale: float = field(default=1.0, init=False, repr=False)  # the product of all cuts
    bad: int = field(default=0, init=False, repr=False)  # bad observations in a row
    cooling: int = field(default=0, init=False, repr=False)  # observations left in the cooldown
    best: float | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        _one_of("Plateau", "mode", self.mode, ("min", "max"))
        _one_of("Plateau", "threshold_mode", self.threshold_mode, ("rel", "abs"))
        self.factor = _SHARE.check("Plateau", "factor", self.factor)
        self.patience = int(_COUNT.check("Plateau", "patience", self.patience))
        self.threshold = _AMOUNT.check("Plateau", "threshold", self.threshold)
        self.cooldown = int(_COUNT.check("Plateau", "cooldown", self.cooldown))
        if isinstance(self.min_lr, list | tuple):
            self.min_lr = tuple(_AMOUNT.check("Plateau", f"min_lr[{k}]", one) for k, one in enumerate(self.min_lr))
        else:
            self.min_lr = _AMOUNT.check("Plateau", "min_lr", self.min_lr)
        self.eps = _AMOUNT.check("Plateau", "eps", self.eps)

    def fit(self, groups: Sequence[int]) -> None:
        """Check that there is one floor for each group; `groups` has the number of groups of each optimizer.

        Raises:
            ValueError: there are more or fewer floors.
        """
        if isinstance(self.min_lr, tuple) and [len(self.min_lr)] != list(groups):
            self._refuse_floors(" + ".join(map(str, groups)))

    def see(self, metric: Any, lrs: Sequence[float], reduce: str | None = None) -> None:
        """Observe a metric, and cut if the patience is used up. `lrs` are the present lrs of the groups.

        Raises:
            TypeError: the metric is not a number.
            ValueError: the metric is NaN.
            RuntimeError: `reduce` is given, and there is no process group.
        """
        value = _number(metric)
        if reduce is not None:
            _one_of("observe", "reduce", reduce, _REDUCE)
            value = _reduced(value, reduce)
        if isnan(value):
            raise ValueError(f"observe(metric={value}): metric must be a number, not NaN; leave this observation out")
        if self._is_better(value):
            self.best, self.bad = value, 0
        else:
            self.bad += 1
        if self.cooling:
            self.cooling, self.bad = self.cooling - 1, 0
        if self.bad > self.patience:
            self.bad, self.cooling = 0, self.cooldown
            if any(lr - max(lr * self.factor, self._floor(k)) > self.eps for k, lr in enumerate(lrs)):
                self.scale *= self.factor

    def _is_better(self, value: float) -> bool:
        if isinf(value) or self.best is None:
            return not isinf(value)
        margin = -self.threshold if self.mode == "min" else self.threshold
        if self.threshold_mode == "abs":
            limit = self.best + margin
        else:
            limit = self.best * (1 + (margin if self.best > 0 else -margin))
        return value < limit if self.mode == "min" else value > limit

    def reduced(self, lr: float, group: int) -> float:
        """The lr of a group after all cuts; they stop at its floor, and never raise it."""
        return max(lr * self.scale, min(lr, self._floor(group)))

    def _floor(self, group: int) -> float:
        if not isinstance(self.min_lr, Sequence):
            return self.min_lr
        if group >= len(self.min_lr):
            self._refuse_floors("more")
        return self.min_lr[group]

    def _refuse_floors(self, groups: str) -> NoReturn:
        raise ValueError(
            f"Plateau(min_lr={short_repr(self.min_lr)}): min_lr must be one number, or one for each group of the one "
            f"optimizer; it has {groups}"
        )

    def state(self) -> list[float]:
        """All that changes: product of the cuts, bad observations, cooldown left, and the best metric, if any."""
        return [self.scale, self.bad, self.cooling, *([] if self.best is None else [self.best])]

    def load(self, state: Sequence[float]) -> None:
        """Continue from a state; an empty one, from a run without feedback, is a fresh start."""
        scale, bad, cooling, best = (*(state or (1.0, 0, 0)), None)[:4]
        self.scale, self.bad, self.cooling, self.best = scale, int(bad), int(cooling), best


def _number(metric: Any) -> float:
    """A metric as a float, from a number or an array with one element."""
    try:
        got = metric.item() if hasattr(metric, "item") else metric
    except (RuntimeError, ValueError):  # several elements
        got = None
    if isinstance(got, bool) or not isinstance(got, Real):
        raise TypeError(f"observe(metric={short_repr(metric)}): metric must be a number, or a tensor of one")
    try:
        return float(got)
    except OverflowError:
        return inf  # an int too large for a float, of either sign: never better


def _reduced(value: float, reduce: str) -> float:
    """The metric over all processes; NaN if one of them has NaN, so that all processes refuse it."""
    values = all_gather(f"observe(reduce={reduce!r})", value)
    return nan if any(map(isnan, values)) else _REDUCE[reduce](values)


def _one_of(who: str, name: str, got: object, allowed: Iterable[str]) -> None:
    if not isinstance(got, str) or got not in allowed:
        raise (ValueError if isinstance(got, str) else TypeError)(
            f"{who}({name}={short_repr(got)}): {name} must be {' or '.join(map(repr, allowed))}"
        )
