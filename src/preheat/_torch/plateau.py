"""`Plateau`: a factor on the lr that falls when a metric stops improving."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import fsum, inf, isinf, isnan, nan
from numbers import Real
from typing import Any, NoReturn

from preheat._fields import TINY, Field, short_repr
from preheat._torch.processes import all_gather

__all__ = ["Plateau"]

_SHARE = Field("a number above 0 and below 1", whole=False, low=0, high=1)
_AMOUNT = Field("a finite number, 0 or more", whole=False, low=-TINY)
_COUNT = Field("a whole number, 0 or more", whole=True, low=-1)
_REDUCE: dict[str, Callable[[list[float]], float]] = {
    "mean": lambda values: fsum(values) / len(values),  # the same to the last bit, whatever the order of ranks
    "min": min,
    "max": max,
}


@dataclass(eq=False)
class Plateau:
    """Cuts the lr when a metric has stopped improving; beside a plan, not instead of one.

    Its factor multiplies the plan of the lr, so that warm-up, decay and cuts compose. The parameters are those of
    `torch.optim.lr_scheduler.ReduceLROnPlateau`. Three things differ: a relative threshold is a share of the size of
    the best metric, so that it means the same below zero; all groups are cut together; a metric that is NaN is an
    error, and an infinite one is never better.

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
        patience: the number of observations without improvement that are let pass.
        threshold: how much better counts as better.
        threshold_mode: `"rel"`, a share of the best metric's size, or `"abs"`.
        cooldown: the number of observations after a cut in which none is counted as bad.
        min_lr: a floor in units of lr, for all groups or one for each; it never raises a group.
        eps: a cut that would change no lr by more is not made.

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
    bad: int = field(default=0, init=False, repr=False)  # observations in a row
    cooling: int = field(default=0, init=False, repr=False)  # observations left of a cooldown
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
        """Refuse floors that are not one for each group; `groups` are the numbers of groups of each optimizer.

        Raises:
            ValueError: there are more floors or fewer.
        """
        if isinstance(self.min_lr, tuple) and [len(self.min_lr)] != list(groups):
            self._refuse_floors(" + ".join(map(str, groups)))

    def see(self, metric: Any, lrs: Sequence[float], reduce: str | None = None) -> None:
        """Take in a metric; cut when patience is at its end. `lrs` are those of the groups now.

        Raises:
            TypeError: the metric is not a number.
            ValueError: the metric is NaN.
            RuntimeError: it is to be reduced, and there is no process group.
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
            bar = self.best + margin
        else:
            bar = self.best * (1 + (margin if self.best > 0 else -margin))
        return value < bar if self.mode == "min" else value > bar

    def reduced(self, lr: float, group: int) -> float:
        """The lr of a group, cut; not below its floor, and never raised to it."""
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
        """Everything that changes: factor, bad observations, cooldown left, and the best metric if there is one."""
        return [self.scale, self.bad, self.cooling, *([] if self.best is None else [self.best])]

    def load(self, state: Sequence[float]) -> None:
        """Go on from a state; an empty one, of a run without feedback, is the beginning."""
        scale, bad, cooling, best = (*(state or (1.0, 0, 0)), None)[:4]
        self.scale, self.bad, self.cooling, self.best = scale, int(bad), int(cooling), best


def _number(metric: Any) -> float:
    """A metric as a float, from a number or an array of one."""
    try:
        got = metric.item() if hasattr(metric, "item") else metric
    except (RuntimeError, ValueError):  # an array of several
        got = None
    if isinstance(got, bool) or not isinstance(got, Real):
        raise TypeError(f"observe(metric={short_repr(metric)}): metric must be a number, or a tensor of one")
    try:
        return float(got)
    except OverflowError:
        return inf  # too large for a float, on either side: never better


def _reduced(value: float, reduce: str) -> float:
    """The metric of all processes; NaN if that of one of them is, so that all of them refuse it."""
    values = all_gather(f"observe(reduce={reduce!r})", value)
    return nan if any(map(isnan, values)) else _REDUCE[reduce](values)


def _one_of(who: str, name: str, got: object, allowed: Iterable[str]) -> None:
    if not isinstance(got, str) or got not in allowed:
        raise (ValueError if isinstance(got, str) else TypeError)(
            f"{who}({name}={short_repr(got)}): {name} must be {' or '.join(map(repr, allowed))}"
        )
